/**
 * A real Git server for tests: repositories made in a folder, served over HTTP by `git http-backend`. Optionally it
 * wants a user name and token, or never answers.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface TestRepository {
  readonly path: string;
  /** Writes the files and commits them; answers the commit's id. */
  commit(files: Readonly<Record<string, string>>, subject: string): Promise<string>;
  git(...args: string[]): Promise<string>;
}
export interface GitServer {
  readonly url: string;
  readonly requests: string[];
  repository(name: string): Promise<TestRepository>;
  stop(): Promise<void>;
}
export interface GitServerOptions {
  readonly credential?: { readonly username: string; readonly token: string };
  /** Accepts requests and never answers them. */
  readonly hang?: boolean;
}

export async function startGitServer(options: GitServerOptions = {}): Promise<GitServer> {
  const root = await mkdtemp(join(tmpdir(), 'deployer-git-server-'));
  const requests: string[] = [];
  const server = createServer((req, res) => {
    requests.push(`${req.method ?? ''} ${req.url ?? ''}`);
    if (options.hang === true) return;
    const { credential } = options;
    const expected =
      credential && `Basic ${Buffer.from(`${credential.username}:${credential.token}`).toString('base64')}`;
    if (expected !== undefined && req.headers.authorization !== expected)
      res.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    else backend(root, req, res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    repository: (name) => makeRepository(join(root, name)),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await rm(root, { recursive: true, force: true });
    },
  };
}

export async function makeRepository(path: string): Promise<TestRepository> {
  await mkdir(path, { recursive: true });
  const git = async (...args: string[]) =>
    (await run('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', '-C', path, ...args])).stdout.trim();
  await git('init', '--quiet', '--initial-branch=main');
  return {
    path,
    git,
    commit: async (files, subject) => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), content);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--message', subject);
      return git('rev-parse', 'HEAD');
    },
  };
}

/** One CGI request: what a web server does around `git http-backend`. */
function backend(root: string, req: IncomingMessage, res: ServerResponse): void {
  const url = new URL(req.url ?? '/', 'http://git');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: req.method,
      CONTENT_TYPE: req.headers['content-type'],
      HTTP_CONTENT_ENCODING: req.headers['content-encoding'],
      HTTP_GIT_PROTOCOL: req.headers['git-protocol'] as string | undefined,
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  req.pipe(child.stdin);
  child.stdin.on('error', () => child.kill()); // the client left
  let head = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (res.headersSent) return void res.write(chunk);
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end === -1) return;
    let status = 200;
    for (const line of head.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2);
      if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
      else res.setHeader(name, value);
    }
    res.writeHead(status);
    res.write(head.subarray(end + 4));
  });
  child.stdout.on('end', () => res.end());
}
