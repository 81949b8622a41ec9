/** What the form offers to begin with where source is pasted: it runs as it is. */
export type Language = 'python' | 'node' | 'static';

export const STARTERS: Readonly<Record<Language, string>> = {
  python: `import os
from flask import Flask

app = Flask(__name__)

@app.get("/")
def hello():
    return "Hello from Python\\n"

if __name__ == "__main__":
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "8080")))
`,
  node: `import { createServer } from 'node:http';

createServer((request, response) => {
  response.end('Hello from Node\\n');
}).listen(Number(process.env.PORT ?? 8080));
`,
  static: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Hello</title>
  </head>
  <body>
    <h1>Hello from a static page</h1>
  </body>
</html>
`,
};
