import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AppError } from '../errors/app-error.js';
import { makeRepository, startGitServer, type GitServerOptions } from '../testing/git-http-server.js';
import type { GitCredential } from './source-repository.js';
import { GitSource } from './git-source.js';

const env = { PATH: process.env['PATH'] };
const source = new GitSource({ localMode: true, allowedHosts: [], dataDir: join(tmpdir(), 'deployer-git-none'), env });
const guarded = new GitSource({ localMode: false, allowedHosts: [], dataDir: tmpdir(), env });

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'engines-git-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}
async function server(options?: GitServerOptions) {
  const started = await startGitServer(options);
  onTestFinished(() => started.stop());
  return started;
}
interface Wanted {
  readonly ref?: string;
  readonly credential?: GitCredential;
  readonly signal?: AbortSignal;
  readonly from?: GitSource;
  readonly repository?: { readonly depth: number };
}
async function checkout(repoUrl: string, wanted: Wanted = {}) {
  const into = await folder();
  const lines: string[] = [];
  const request = {
    repoUrl,
    ref: wanted.ref,
    credential: wanted.credential,
    into,
    ...(wanted.repository === undefined ? {} : { repository: wanted.repository }),
    onLine: (line: string) => lines.push(line),
  };
  const found = await (wanted.from ?? source).checkout(request, wanted.signal ?? AbortSignal.timeout(20_000));
  return { ...found, into, lines, read: (name: string) => readFile(join(into, name), 'utf8') };
}
const failure = async (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as AppError,
  );

test('the default branch, a branch, a tag, a commit and an abbreviated commit are checked out without .git', async () => {
  const repository = await makeRepository(await folder());
  const first = await repository.commit({ 'app.txt': 'one' }, 'First, "quoted"');
  await repository.git('tag', 'v1');
  await repository.commit({ 'app.txt': 'two' }, 'Second');
  await repository.git('branch', 'feature/x');
  const third = await repository.commit({ 'app.txt': 'three' }, 'Third');
  const url = `file://${repository.path}`;

  const head = await checkout(url);
  expect(head).toMatchObject({ commit: third, subject: 'Third', author: 'Ann' });
  expect(await readdir(head.into)).toEqual(['app.txt']);
  expect(await (await checkout(url, { ref: 'feature/x' })).read('app.txt')).toBe('two');
  for (const ref of ['v1', first, first.slice(0, 8)])
    expect(await checkout(url, { ref })).toMatchObject({ commit: first, subject: 'First, "quoted"' });
});

test('a build that asks git gets the repository with as many commits as it wants', async () => {
  const repository = await makeRepository(await folder());
  for (const name of ['one', 'two', 'three']) await repository.commit({ [name]: name }, name);
  const url = `file://${repository.path}`;
  const git = (into: string, ...args: string[]) =>
    execFileSync('git', ['-C', into, ...args], { encoding: 'utf8' }).trim();
  for (const [depth, commits] of [
    [0, '3'],
    [1, '1'],
    [2, '2'],
  ] as const) {
    const { into, commit } = await checkout(url, { repository: { depth } });
    expect(git(into, 'rev-list', '--count', 'HEAD')).toBe(commits);
    expect(git(into, 'rev-parse', 'HEAD')).toBe(commit);
    expect(git(into, 'remote', 'get-url', 'origin')).toBe(url);
    expect(git(into, 'status', '--porcelain')).toBe('');
  }
});

test('a bare repository on a plain file server is fetched whole', async () => {
  const repository = await makeRepository(await folder());
  const first = await repository.commit({ a: '1' }, 'one');
  await repository.commit({ a: '2' }, 'two');
  const bare = join(await folder(), 'shop.git');
  execFileSync('git', ['clone', '--quiet', '--bare', repository.path, bare]);
  execFileSync('git', ['update-server-info'], { cwd: bare });
  const files = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname.replace('/shop.git', bare);
    readFile(path).then(
      (content) => response.end(content),
      () => response.writeHead(404).end(),
    );
  });
  await once(files.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void files.close());
  const url = `http://127.0.0.1:${String((files.address() as AddressInfo).port)}/shop.git`;
  expect(await (await checkout(url)).read('a')).toBe('2');
  expect(await checkout(url, { ref: first.slice(0, 9) })).toMatchObject({ commit: first });
});

test('the same over a real HTTP server, with progress and without anything in the environment', async () => {
  const git = await server();
  const repository = await git.repository('team/shop.git');
  const first = await repository.commit({ a: '1' }, 'one');
  await repository.commit({ a: '2' }, 'two');
  const found = await checkout(`${git.url}/team/shop.git`, { ref: first.slice(0, 10) });
  expect(found.commit).toBe(first);
  expect(await found.read('a')).toBe('1');
  expect(found.lines.at(-1)).toContain(`checked out ${first}`);
  expect(await checkout(`${git.url}/team/shop.git`, { ref: 'main' })).toMatchObject({ subject: 'two' });
});

test('a private repository opens for its token, which is in no argument, no line and no error', async () => {
  const token = 'tok-en/with+odd=chars';
  const git = await server({ credential: { username: 'x-access-token', token } });
  await (await git.repository('shop')).commit({ a: '1' }, 'one');
  const found = await checkout(`${git.url}/shop`, { credential: { kind: 'git_token', secret: token } });
  expect(found.subject).toBe('one');
  expect(found.lines.join()).not.toContain(token);

  const wrong = 'wrong-secret-token';
  const refused = await failure(
    checkout(`${git.url}/shop`, { credential: { kind: 'git_token', username: 'ann', secret: wrong } }),
  );
  expect(refused).toMatchObject({
    kind: 'invalid',
    code: 'repo_auth_failed',
    fields: [{ field: 'source.credential' }],
  });
  expect(String(refused) + JSON.stringify(refused)).not.toContain(wrong);
  expect(await failure(checkout(`${git.url}/shop`))).toMatchObject({ code: 'repo_auth_failed' });
});

test('what is not there is named: repository, ref, commit, host', async () => {
  const git = await server();
  await (await git.repository('shop')).commit({ a: '1' }, 'one');
  const of = (url: string, ref?: string) => failure(checkout(url, ref === undefined ? {} : { ref }));
  expect(await of(`${git.url}/none`)).toMatchObject({ code: 'repo_not_found', fields: [{ field: 'source.repo_url' }] });
  expect(await of('file:///nowhere/at/all')).toMatchObject({ code: 'repo_not_found' });
  expect(await of(`${git.url}/shop`, 'nope')).toMatchObject({
    code: 'ref_not_found',
    fields: [{ field: 'source.ref' }],
  });
  expect(await of(`${git.url}/shop`, 'a'.repeat(40))).toMatchObject({ code: 'ref_not_found' });
  expect(await of(`${git.url}/shop`, 'abcdef1')).toMatchObject({ code: 'ref_not_found' });
  expect(await of('http://127.0.0.1:1/shop')).toMatchObject({ kind: 'unavailable', code: 'repo_unreachable' });
  expect(await of('https://no-such-host.invalid/x')).toMatchObject({ code: 'repo_unreachable' });
  await git.repository('empty');
  expect(await of(`${git.url}/empty`)).toMatchObject({ code: 'ref_not_found' });
});

test('aborting ends git and its children within a second', async () => {
  const git = await server({ hang: true });
  const abort = new AbortController();
  const work = failure(checkout(`${git.url}/hanging-repository`, { signal: abort.signal }));
  await vi.waitFor(() => expect(git.requests).not.toEqual([]), 10_000);
  const from = Date.now();
  abort.abort();
  expect((await work).name).toBe('AbortError');
  expect(Date.now() - from).toBeLessThan(1_000);
  await vi.waitFor(() => {
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
    expect(processes).not.toContain(`${git.url}/hanging-repository`);
  }, 10_000);
});

test('hooks of the repository, the user and templates do not run; links outside stay links', async () => {
  const repository = await makeRepository(await folder());
  const marker = join(await folder(), 'ran');
  await repository.commit(
    {
      '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = file:///x\n',
      '.gitattributes': '* filter=lfs\n',
      'hooks/post-checkout': `#!/bin/sh\ntouch ${marker}\n`,
    },
    'hooks',
  );
  const found = await checkout(`file://${repository.path}`);
  expect(found.lines).toContain('warning: submodules are not fetched');
  expect(found.lines.join()).toContain('LFS');
  await expect(stat(marker)).rejects.toThrow();
});

test.each([
  '--upload-pack=touch /tmp/x',
  '-oProxyCommand=x',
  'ext::sh -c id',
  'ext::sh',
  'fd::3',
  '/etc',
  'C:\\x',
  'ftp://host/x',
  'git://host/x',
  'https://user:secret@host/x',
  'https://token@host/x',
  'https://host',
  'https://host/x?service=y',
  'ssh://-oProxyCommand=x/y',
  'ssh://-x@host/y',
  '-x@host:y',
  'git@-host:y',
  'git@host:-y',
  'https://host/a b',
  'https://host/a\nb',
  'file://host/x',
  '',
])('the address %j is refused', (url) => {
  for (const each of [source, guarded])
    expect(() => each.check(url, undefined)).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'repo_url_refused' }) as Error,
    );
});

test.each([
  '--upload-pack=x',
  '-x',
  'a..b',
  'a b',
  'a:b',
  'a^',
  'a~1',
  'x@{1}',
  'a.lock',
  '/a',
  'a//b',
  '.a',
  '+a',
  'a*',
])('the ref %j is refused', (ref) => {
  expect(() => source.check('https://host/x', ref)).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'ref_refused' }) as Error,
  );
});

test.each([
  ['https://github.com/a/b.git', 'main'],
  ['git@github.com:a/b.git', 'feature/x-1'],
  ['ssh://git@host:2222/a/b', 'v1.2.0'],
  ['http://host/a', 'refs/pull/1/head'],
])('%s at %s is taken', (url, ref) => {
  expect(() => guarded.check(url, ref)).not.toThrow();
});

test.each([
  'http://127.0.0.1/x',
  'http://localhost/x',
  'http://10.1.2.3/x',
  'http://[::1]/x',
  'http://[::ffff:10.0.0.1]/x',
  'http://169.254.169.254/x',
  'http://0.0.0.0/x',
  'http://2130706433/x',
  'git@192.168.0.1:x',
  'file:///etc',
])('outside local mode %s is refused', async (repoUrl) => {
  expect(await failure(checkout(repoUrl, { from: guarded }))).toMatchObject({ code: 'repo_url_refused' });
});

test('an operator can open a host; link-local stays closed in local mode', async () => {
  const git = await server();
  await (await git.repository('shop')).commit({ a: '1' }, 'one');
  const opened = new GitSource({ localMode: false, allowedHosts: ['127.0.0.1'], dataDir: tmpdir(), env });
  expect((await checkout(`${git.url}/shop`, { from: opened })).subject).toBe('one');
  expect(() => source.check('http://169.254.169.254/x', undefined)).toThrow('not open to sources');
});
