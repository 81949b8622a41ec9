/** A Git server over HTTP with repositories that scenes commit to. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
export type Files = Readonly<Record<string, string>>;

export class GitHost {
  private constructor(
    private readonly root: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<GitHost> {
    const root = await mkdtemp(join(tmpdir(), 'aws-deployer-git-'));
    const server = createServer((request, response) => serve(root, request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new GitHost(root, server);
  }

  urlOf(name: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${name}`;
  }

  /** Commits these files on `main`, making the repository if needed; resolves with the commit. */
  async commit(name: string, files: Files, message = 'change'): Promise<string> {
    const folder = join(this.root, name);
    await mkdir(folder, { recursive: true });
    const git = (...args: string[]) =>
      run(
        'git',
        ['-c', 'user.name=scene', '-c', 'user.email=scene@example.com', '-c', 'commit.gpgsign=false', ...args],
        {
          cwd: folder,
        },
      );
    await git('init', '--quiet', '--initial-branch=main');
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await git('add', '--all');
    await git('commit', '--quiet', '--allow-empty', '-m', message);
    return (await git('rev-parse', 'HEAD')).stdout.trim();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

/** One CGI request to `git http-backend`. */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://git');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: decodeURIComponent(url.pathname),
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => backend.kill()); // the client left
  backend.on('error', () => response.writeHead(500).end());
  let output: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  backend.stdout.on('end', () => {
    const whole = Buffer.concat(output);
    output = [];
    const split = whole.indexOf('\r\n\r\n');
    const head = whole.subarray(0, split).toString().split('\r\n');
    const fields = head.map((line): [string, string] => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    });
    const status = Number.parseInt(fields.find(([name]) => name === 'status')?.[1] ?? '200', 10);
    response.writeHead(status, Object.fromEntries(fields.filter(([name]) => name !== 'status' && name !== '')));
    response.end(whole.subarray(split + 4));
  });
}

/** A web server in Node without dependencies that says `text`; what runs before it listens is the scene's. */
export const nodeApplication = (text: string, atStart = ''): Files => ({
  Dockerfile: 'FROM node:24-slim\nWORKDIR /app\nCOPY server.js ./\nEXPOSE 8080\nCMD ["node", "server.js"]\n',
  'server.js': `
const { createServer } = require('node:http');
${atStart}
const server = createServer((request, response) => response.end(${JSON.stringify(text)} + '\\n'));
server.listen(process.env.PORT || 8080, () => console.log('listening'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`,
});
