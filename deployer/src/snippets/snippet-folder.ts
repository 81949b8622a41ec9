/**
 * Turns a pasted source into a folder that a builder can build: the code, what it needs, and a Dockerfile.
 *
 * Every generated image listens on `PORT` (8080 where nothing sets it), ends on SIGTERM, and runs as a user with a number, who owns
 * the folder of the code: clusters that allow nothing to run as root take it. A Flask application is served
 * by a runner of ours whatever its own `app.run` says, because that one would listen on a port of its own.
 * Throws AppError invalid/`snippet_invalid` on `source.code`, with the line.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import {
  checkSnippet,
  describeProblem,
  flaskVariable,
  type SnippetCheck,
  type SnippetLanguage,
} from './snippet-check.js';

export interface SnippetFolder {
  readonly language: SnippetLanguage;
  /** Names in the folder, sorted. */
  readonly files: readonly string[];
  /** Absolute path. */
  readonly dockerfile: string;
  readonly warnings: readonly string[];
}
type Files = Readonly<Record<string, string>>;

/** Writes into `folder`, which may exist. The code is checked first; undefined `language` is found out. */
export async function writeSnippet(
  snippet: { readonly code: string; readonly language: SnippetLanguage | undefined },
  folder: string,
  signal: AbortSignal,
): Promise<SnippetFolder> {
  const check = await checkSnippet(snippet.code, snippet.language, signal);
  const [problem] = check.problems;
  if (check.language === undefined || problem !== undefined) {
    const message = problem === undefined ? 'no language takes this code' : describeProblem(problem);
    throw new AppError('invalid', 'snippet_invalid', `source.code: ${message}`, {
      fields: [
        {
          field: 'source.code',
          message,
          mend: 'Give Python, JavaScript for Node, or an HTML page that begins with <!doctype html>',
        },
      ],
    });
  }
  const files = snippetFiles(check.language, snippet.code, check);
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return {
    language: check.language,
    files: Object.keys(files).sort(),
    dockerfile: join(folder, 'Dockerfile'),
    warnings: check.warnings,
  };
}

function snippetFiles(language: SnippetLanguage, code: string, check: SnippetCheck): Files {
  switch (language) {
    case 'static':
      return staticFiles(code);
    case 'node':
      return nodeFiles(code, check.compiled?.extension ?? 'mjs', check.compiled?.imports ?? []);
    case 'python':
      return pythonFiles(code, check.compiled?.imports ?? []);
  }
}

/** Packages whose name differs from what is imported. */
const PYTHON_PACKAGES: Readonly<Record<string, string>> = {
  yaml: 'pyyaml',
  PIL: 'pillow',
  bs4: 'beautifulsoup4',
  dotenv: 'python-dotenv',
  sklearn: 'scikit-learn',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  jwt: 'pyjwt',
  psycopg2: 'psycopg2-binary',
  MySQLdb: 'mysqlclient',
  flask_cors: 'flask-cors',
};

function pythonFiles(code: string, imports: readonly string[]): Files {
  const requirements = imports.map((name) => PYTHON_PACKAGES[name] ?? name);
  const app = flaskVariable(code);
  const install = 'pip install --no-cache-dir -r requirements.txt';
  const needs = requirements.length === 0 ? undefined : { file: 'requirements.txt', install };
  return {
    'app.py': code,
    ...(requirements.length > 0 && { 'requirements.txt': `${requirements.join('\n')}\n` }),
    ...(app !== undefined && { 'serve.py': flaskRunner(app) }),
    Dockerfile: `FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
${appFolder('*.py', needs)}
EXPOSE 8080
USER 1000
CMD ["python", "${app === undefined ? 'app.py' : 'serve.py'}"]
`,
  };
}

/**
 * Files go where their owner is 1000, and so is the folder that the first of them makes: the code may write beside itself.
 * `needs`: what is installed, before the code for the sake of the builder's cache.
 */
const appFolder = (code: string, needs: { readonly file: string; readonly install: string } | undefined): string => {
  const copy = 'COPY --chown=1000:1000';
  return needs === undefined
    ? `${copy} ${code} /app/\nWORKDIR /app`
    : `${copy} ${needs.file} /app/\nWORKDIR /app\nRUN ${needs.install}\n${copy} ${code} ./`;
};

const flaskRunner = (
  app: string,
): string => `"""Serves the Flask application of app.py on PORT, whatever port its own run() names."""
import os
import signal
import sys

os.environ["FLASK_RUN_FROM_CLI"] = "true"  # Flask then leaves app.run() alone
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # as the first process of a container it would be ignored

from app import ${app} as application
from werkzeug.serving import run_simple

run_simple("0.0.0.0", int(os.environ.get("PORT", "8080")), application, threaded=True)
`;

function nodeFiles(code: string, extension: string, imports: readonly string[]): Files {
  const file = `server.${extension}`;
  const manifest = {
    name: 'snippet',
    version: '1.0.0',
    private: true,
    dependencies: Object.fromEntries(imports.map((name) => [name, '*'])),
  };
  const install = 'npm install --omit=dev --no-audit --no-fund';
  const needs = imports.length === 0 ? undefined : { file: 'package.json', install };
  return {
    [file]: code,
    ...(imports.length > 0 && { 'package.json': `${JSON.stringify(manifest, undefined, 2)}\n` }),
    Dockerfile: `FROM node:24-slim
ENV NODE_ENV=production
${appFolder(file, needs)}
EXPOSE 8080
USER 1000
CMD ["node", "${file}"]
`,
  };
}

function staticFiles(code: string): Files {
  return {
    'index.html': code,
    // The nginx image fills in the environment of every file in its templates folder at start.
    'default.conf.template': `server {
  listen \${PORT};
  root /usr/share/nginx/html;
  location = /health { default_type text/plain; return 200 "ok\\n"; }
  location / { try_files $uri $uri/ /index.html; }
}
`,
    // The variant of nginx that starts without being root: what it writes lies in /tmp.
    Dockerfile: `FROM nginxinc/nginx-unprivileged:1.28-alpine
ENV PORT=8080
COPY default.conf.template /etc/nginx/templates/default.conf.template
COPY index.html /usr/share/nginx/html/
EXPOSE 8080
USER 101
`,
  };
}
