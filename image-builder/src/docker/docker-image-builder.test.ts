import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import type { AppError } from '@aws-deployer/platform/errors/app-error';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { startMemoryRegistry } from '@aws-deployer/platform/testing/memory-registry';
import { DockerImageBuilder } from './docker-image-builder.js';
import { findDocker } from './docker-engine.js';

const dockerHost = process.env['TEST_DOCKER_HOST'] ?? process.env['DOCKER_HOST'];
const env = { ...process.env, DOCKER_HOST: dockerHost };
const engine = await findDocker(env);
const busybox = await stat('/bin/busybox').then(
  () => '/bin/busybox',
  () => undefined,
);
const ready = 'version' in engine && busybox !== undefined;
const withDocker = test.skipIf(!ready && process.env['CI'] !== 'true');
/** Other tests may use the engine at the same time: only containers whose command holds the mark are ours. */
const containersOf = async (mark: string) =>
  (await docker('ps', '--all', '--no-trunc', '--format', '{{.Command}}'))
    .split('\n')
    .filter((line) => line.includes(mark));
const docker = async (...args: string[]) => (await promisify(execFile)('docker', args, { env })).stdout.trim();

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'engines-docker-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
/** A context whose image has a shell: busybox from this machine. */
async function context(dockerfile: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await temporary();
  for (const [name, content] of Object.entries({ Dockerfile: dockerfile, ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  if (busybox !== undefined) await copyFile(busybox, join(folder, 'busybox'));
  return folder;
}
const SHELL = 'FROM scratch\nCOPY busybox /bin/busybox\nSHELL ["/bin/busybox", "sh", "-c"]\n';
/** One for all tests: what an earlier one pushed need not be pushed again. */
const open = await startMemoryRegistry();
afterAll(() => open.stop());
interface Wanted {
  readonly localMode?: boolean;
  readonly dockerfile?: string;
  readonly contextDir?: string;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
  readonly dockerHost?: string;
  readonly password?: string;
}
async function build(folder: string, wanted: Wanted = {}) {
  const credential = { username: 'ann', password: 'pass-word' };
  const registry = wanted.password === undefined ? open : await startMemoryRegistry(credential);
  if (registry !== open) onTestFinished(() => registry.stop());
  const builder = new DockerImageBuilder({
    env: { ...env, ...(wanted.dockerHost !== undefined && { DOCKER_HOST: wanted.dockerHost }) },
    localMode: wanted.localMode ?? true,
  });
  const lines: string[] = [];
  const repository = `${registry.host}/team/app`;
  if (wanted.dockerHost === undefined)
    onTestFinished(async () => void (await docker('rmi', '-f', `${repository}:t1`).catch(() => ''))); // it may not exist
  const built = await builder.build(
    {
      key: 'deployment-1',
      application: 'shop',
      contextDir: wanted.contextDir ?? folder,
      dockerfile: join(folder, wanted.dockerfile ?? 'Dockerfile'),
      buildArgs: wanted.buildArgs ?? {},
      labels: { 'aws-deployer.io/deployment': 'd1' },
      repository,
      tag: 't1',
      registry: {
        host: registry.host,
        insecure: true,
        ...(wanted.password !== undefined && { username: 'ann', password: wanted.password }),
      },
      onLine: (_stream, text) => {
        lines.push(text);
        wanted.onLine?.(text);
      },
    },
    wanted.signal ?? AbortSignal.timeout(120_000),
  );
  const client = new RegistryClient({
    host: registry.host,
    insecure: true,
    ...(wanted.password !== undefined && credential),
  });
  const image = await readImage(client, 'team/app', built.digest, AbortSignal.timeout(10_000));
  return { ...built, lines, pulled: image, config: image.config.config ?? {} };
}
const failure = async (work: Promise<unknown>): Promise<AppError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as AppError,
  );

withDocker(
  "an image is built with its log, arguments and labels, and pushed: the digest is the registry's",
  async () => {
    const folder = await context(
      `ARG COLOUR=red\n${SHELL}ARG COLOUR\nRUN echo "it is $COLOUR"\nCOPY app /app\nEXPOSE 9000 8000\nCMD ["/bin/busybox", "true"]\n`,
      { 'app/a.txt': 'A' },
    );
    const built = await build(folder, { buildArgs: { COLOUR: 'blue' } });
    expect(built).toMatchObject({ runtime: 'container', exposedPort: 9000, baseSubstituted: undefined });
    expect(built.pulled).toMatchObject({ digest: built.digest, runtime: 'container' });
    expect(built.config.Labels).toMatchObject({ 'aws-deployer.io/deployment': 'd1' });
    expect(built.lines).toContain('it is blue');
    expect(built.lines.some((line) => /^Step \d+\/\d+ : RUN echo/.test(line))).toBe(true);
  },
);

withDocker('the same context comes from the cache, and gives the same digest', async () => {
  const dockerfile = `${SHELL}COPY a.txt /\nRUN echo made > /made\n`;
  const first = await build(await context(dockerfile, { 'a.txt': 'same' }));
  const again = await build(await context(dockerfile, { 'a.txt': 'same' }));
  expect(again.digest).toBe(first.digest);
  expect(again.lines.join('\n')).toContain('Using cache');
});

withDocker('.dockerignore is heeded, and a Dockerfile outside of the context is used but not copied', async () => {
  const folder = await context('not this one', {
    'docker/app.dockerfile': `${SHELL}COPY . /app\nRUN find /app | sort\n`,
    '.dockerignore': 'secret\n**/*.env\n!keep.env\nDockerfile\nhidden\n!hidden/shown.txt\n',
    secret: 'x',
    'keep.env': '',
    'deep/x.env': '',
    'hidden/shown.txt': '',
    'hidden/other.txt': '',
  });
  const inside = await build(folder, { dockerfile: 'docker/app.dockerfile' });
  expect(inside.lines.filter((line) => line.startsWith('/app'))).toEqual([
    '/app',
    '/app/busybox',
    '/app/deep',
    '/app/docker',
    '/app/docker/app.dockerfile',
    '/app/hidden',
    '/app/hidden/shown.txt',
    '/app/keep.env',
  ]);
  const outside = await context(`${SHELL}COPY . /app\nRUN find /app | sort\n`);
  await mkdir(join(outside, 'context'));
  await copyFile(busybox ?? '', join(outside, 'context/busybox'));
  const built = await build(outside, { contextDir: join(outside, 'context') });
  expect(built.lines.filter((line) => line.startsWith('/app'))).toEqual(['/app', '/app/busybox']);
});

withDocker('a line that fails is named with its exit code and its last lines; nothing is left behind', async () => {
  const mark = `mark-${randomUUID()}`;
  const lines: string[] = [];
  const failed = await failure(
    build(await context(`${SHELL}RUN echo before; echo "it broke"; : ${mark}; exit 3\n`), {
      onLine: (line) => lines.push(line),
    }),
  );
  expect(failed).toMatchObject({ kind: 'invalid', code: 'build_failed', fields: [{ field: 'source.dockerfile' }] });
  expect(failed.message).toMatch(/^RUN echo before.*exit code 3\n[\s\S]*before\nit broke$/);
  expect(lines).toContain('it broke');
  expect(await containersOf(mark)).toEqual([]);
});

withDocker.each([
  ['FROM scratch\nBOGUS x', 'dockerfile_invalid', 'BOGUS'],
  ['FROM scratch\nCOPY none /', 'build_failed', 'none'],
  ['FROM scratch\nCOPY ../../etc/passwd /', 'build_failed', 'passwd'],
])('%j fails as %s', async (dockerfile, code, words) => {
  const failed = await failure(build(await context(dockerfile)));
  expect(failed).toMatchObject({ kind: 'invalid', code });
  expect(failed.message).toContain(words);
});

withDocker('a link out of the context is not followed', async () => {
  const folder = await context('FROM scratch\nCOPY link /\n');
  await symlink('/etc/hostname', join(folder, 'link'));
  expect(await failure(build(folder))).toMatchObject({ code: 'build_failed' });
});

withDocker('aborting ends the step and leaves no container', async () => {
  const mark = `mark-${randomUUID()}`;
  const abort = new AbortController();
  const folder = await context(`${SHELL}RUN echo started ${mark}; /bin/busybox sleep 600\n`);
  const onLine = (line: string) => {
    if (line.startsWith('started')) abort.abort();
  };
  const from = Date.now();
  const ended = await failure(build(folder, { signal: abort.signal, onLine }));
  expect(ended.name).toBe('AbortError');
  expect(Date.now() - from).toBeLessThan(15_000);
  await vi.waitFor(async () => expect(await containersOf(mark)).toEqual([]), { timeout: 15_000, interval: 200 });
});

withDocker('a registry that refuses or is gone is push_failed, without the password', async () => {
  const folder = await context('FROM scratch\nCOPY Dockerfile /\n');
  const refused = await failure(build(folder, { password: 'wr0ng-word' }));
  expect(refused).toMatchObject({ kind: 'unavailable', code: 'push_failed' });
  expect(String(refused) + JSON.stringify(refused)).not.toContain('wr0ng-word');
  expect((await build(folder, { password: 'pass-word' })).digest).toMatch(/^sha256:/);
});

/** Standing in moves some 150 MB through engine and registry: it takes its time on a busy machine. */
const SLOW = 240_000;
/** True when base images can be pulled here: then nothing has to stand in. */
const online =
  ready &&
  (await docker('pull', 'node:24-alpine').then(
    () => true,
    () => false,
  ));
const withoutRegistries = test.skipIf(online || (!ready && process.env['CI'] !== 'true'));
withoutRegistries(
  'a Node base that cannot be pulled is made of this machine in local mode, and only there',
  async () => {
    const base = `node:24-engines${String(process.pid)}`;
    onTestFinished(async () => void (await docker('rmi', '-f', base)));
    const folder = await context(
      `FROM ${base}\nWORKDIR /app\nCOPY . .\nRUN node -e "console.log('says ' + process.version)" && npm --version && id\nCMD ["node", "server.js"]\n`,
    );
    const refused = await failure(build(folder, { localMode: false }));
    expect(refused).toMatchObject({ kind: 'unavailable', code: 'base_not_found' });
    expect(refused.message).toContain(base);

    const built = await build(folder);
    expect(built.baseSubstituted).toBe(base);
    expect(built.lines).toContain(`says ${process.version}`);
    expect(built.lines.join('\n')).toContain('is replaced by a base made of this machine');
    expect(built.config).toMatchObject({ WorkingDir: '/app', Cmd: ['node', 'server.js'] });
    // The substitute is there now: it must not pass for the real one.
    expect((await build(folder)).baseSubstituted).toBe(built.baseSubstituted);
    expect(await failure(build(folder, { localMode: false }))).toMatchObject({ code: 'base_not_found' });
  },
  SLOW,
);

withoutRegistries(
  'a Python base has its packages and pip; a static base serves',
  async () => {
    const python = `python:3.11-engines${String(process.pid)}`;
    const nginx = `nginx:1-engines${String(process.pid)}`;
    onTestFinished(async () => void (await docker('rmi', '-f', python, nginx)));
    const built = await build(
      await context(
        `FROM ${python}\nRUN python -c "import ssl, sqlite3, flask; print('flask', flask.Flask)" && pip install flask\n`,
      ),
    );
    expect(built.lines.join('\n')).toMatch(/flask <class[\s\S]*Requirement already satisfied: flask/);
    const page = await build(await context(`FROM ${nginx}\nCOPY Dockerfile /usr/share/nginx/html/\n`));
    expect(page.exposedPort).toBe(80);
    expect(page.config.Cmd).toEqual(['node', '/opt/static-server/server.mjs']);
  },
  SLOW,
);

withoutRegistries('a base that nothing can stand in for is base_not_found', async () => {
  const failed = await failure(build(await context('FROM ruby:3\n')));
  expect(failed).toMatchObject({ code: 'base_not_found', fields: [{ field: 'source.dockerfile' }] });
});

test('an engine that is not there is builder_unreachable, and a search for it says why', async () => {
  const folder = await context('FROM scratch\nCOPY Dockerfile /\n');
  const failed = await failure(build(folder, { dockerHost: 'unix:///nowhere/docker.sock' }));
  expect(failed).toMatchObject({ kind: 'unavailable', code: 'builder_unreachable' });
  expect(await findDocker({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toEqual({
    why: 'no Docker Engine answers at unix:///nowhere/docker.sock (ENOENT)',
  });
  expect(await findDocker({ DOCKER_HOST: 'ssh://host' })).toMatchObject({
    why: expect.stringContaining('only unix') as string,
  });
  expect(
    await findDocker({ DOCKER_HOST: 'tcp://127.0.0.1:1', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' }),
  ).toMatchObject({
    why: expect.stringContaining('certificates') as string,
  });
});

test('an engine that is silent is given up after two looks', async () => {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const from = Date.now();
  const found = await findDocker({ DOCKER_HOST: `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}` });
  expect(found).toMatchObject({ why: expect.stringContaining('silent') as string });
  expect(Date.now() - from).toBeLessThan(8_000);
});

withDocker('the engine of this run is found with its version', () => {
  expect(engine).toMatchObject({ version: expect.stringMatching(/^\d+\./) as string });
});

withDocker(
  'bases that are not in the engine are to be fetched: stages, scratch and what is there are not',
  async () => {
    const here = `look-here-${randomUUID()}:1`;
    await promisify(execFile)('docker', ['build', '--quiet', '--tag', here, await context(SHELL)], {
      env: { ...env, DOCKER_BUILDKIT: '0' },
    });
    onTestFinished(async () => void (await docker('rmi', '-f', here)));
    const folder = await context(
      `ARG BASE=look-nowhere\nFROM scratch AS a\nFROM ${here}\nFROM a\nFROM \${BASE}:2\nFROM look-nowhere:2\n`,
    );
    const builder = new DockerImageBuilder({ env, localMode: true });
    const dockerfile = join(folder, 'Dockerfile');
    expect(await builder.basesToFetch({ dockerfile, buildArgs: {} })).toEqual(['look-nowhere:2']);
    expect(await builder.basesToFetch({ dockerfile, buildArgs: { BASE: 'look-else' } })).toEqual([
      'look-else:2',
      'look-nowhere:2',
    ]);
  },
);
