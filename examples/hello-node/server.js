// The smallest useful service: it says hello, says whether it is well, and ends when asked to.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { URL } from 'node:url';

const version =
  process.env.APP_VERSION ?? JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')).version;
const port = Number(process.env.PORT ?? 8080);

const server = createServer((req, res) => {
  const path = (req.url ?? '/').split('?')[0];
  const [status, type, body] =
    path === '/'
      ? [200, 'text/plain', `Hello from AWS Deployer\n\nThis is hello-node ${version} on ${hostname()}.\n`]
      : path === '/health'
        ? [200, 'application/json', `${JSON.stringify({ status: 'ok', version })}\n`]
        : [404, 'text/plain', 'Not here. Try / or /health.\n'];
  res.writeHead(status, { 'content-type': `${type}; charset=utf-8` });
  res.end(req.method === 'HEAD' ? undefined : body);
});

server.listen(port, () => console.log(`hello-node ${version} listens on port ${port}`));

// Kubernetes sends SIGTERM before it takes a pod away: finish what is being answered, then go.
for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, () => {
    console.log(`${signal}: closing`);
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
