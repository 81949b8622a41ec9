/**
 * The images, built by a real Docker Engine (its classic builder) and run as a cluster would: no privilege, a read-only root.
 *
 * No image is pulled and no package fetched: the base is assembled from this machine's Node, npm and libraries, and
 * `npm ci` inside the build installs from this machine's npm cache, by a registry on loopback (hence the host's network).
 * Debian's git is left out of the images that carry it, for the assembled base has no apt.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectDocker, findDocker } from '@aws-deployer/image-builder/docker/docker-engine';
import { substituteBase } from '@aws-deployer/image-builder/docker/substitute-base';
import { recogniseBase } from '@aws-deployer/image-builder/dockerfile/base-image';
import { buildImage, commitArgs, type ServiceImage } from './service-images.js';
import { startNpmCacheRegistry, type NpmCacheRegistry } from './testing/npm-cache-registry.js';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const env = { ...process.env, DOCKER_HOST: process.env['TEST_DOCKER_HOST'], DOCKER_BUILDKIT: '0' };
const usable =
  env.DOCKER_HOST !== undefined && existsSync('/bin/busybox') && 'version' in (await findDocker({ ...env }));
if (!usable && process.env['CI'] === 'true') throw new Error('TEST_DOCKER_HOST and busybox-static are needed on CI');

const REPOSITORY = `aws-deployer-images-test-${process.pid}`;
const BASE = `${REPOSITORY}/node:24-slim`;
const SIZE_MAX_MB = 200;
const BUILD_LIMIT_MS = 900_000; // two cores, a cold cache, and the other tests beside it
const docker = async (...args: string[]) => (await promisify(execFile)('docker', args, { env })).stdout.trim();
const inspect = async <T>(name: string, format: string): Promise<T> =>
  JSON.parse(await docker('inspect', '--format', `{{json ${format}}}`, name)) as T;
let registry: NpmCacheRegistry;
let commit: Readonly<Record<string, string>>;
const images: Partial<Record<ServiceImage, string>> = {};
const imageOf = (folder: ServiceImage): string => images[folder] ?? expect.fail(`${folder} was not built`);

async function build(folder: ServiceImage, wanted: { context: string; tag: string }) {
  const tag = `${REPOSITORY}/${folder}:${wanted.tag}`;
  const offline = { BUILD_IMAGE: BASE, NODE_IMAGE: BASE, PACKAGES: '', npm_config_registry: registry.url };
  await buildImage({
    root: wanted.context,
    folder,
    tag,
    args: { ...commit, ...(folder === 'deployer' ? offline : without(offline, 'PACKAGES')) },
    env,
    options: ['--network', 'host', '--force-rm'],
  });
  return tag;
}
const without = (args: Readonly<Record<string, string>>, name: string) =>
  Object.fromEntries(Object.entries(args).filter(([key]) => key !== name));

/** Starts a container as the restricted PodSecurity profile would; it is removed after the test. */
async function started(image: string, ...options: string[]): Promise<string> {
  const confined = ['--read-only', '--user', '65532', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
  const often = ['--health-interval', '1s'];
  const id = await docker('run', '--detach', ...confined, '--tmpfs', '/tmp', ...often, ...options, image);
  onTestFinished(async () => void (await docker('rm', '--force', '--volumes', id)));
  return id;
}
const healthy = (id: string) =>
  vi.waitFor(async () => expect(await inspect(id, '.State.Health.Status')).toBe('healthy'), {
    timeout: 30_000,
    interval: 250,
  });
/** The engine of the tests has no name server, and a look-up that hangs cannot be called off. */
const NO_NEIGHBOURS = ['MONITOR', 'HISTORY'].flatMap((name) => ['--env', `${name}_URL=http://127.0.0.1:9`]);
/** What a program of the container sees at a path of the service. */
const ask = (id: string, url: string) =>
  docker('exec', id, 'node', '-e', `fetch('${url}').then(async (a) => console.log(a.status, await a.text()))`);

describe.skipIf(!usable)('images', () => {
  beforeAll(async () => {
    registry = await startNpmCacheRegistry(root);
    commit = await commitArgs(root);
    const asked = recogniseBase('node:24-slim');
    if (asked === undefined) throw new Error('node:24-slim is no base that this machine can stand in for');
    await substituteBase(await connectDocker(env), BASE, asked, AbortSignal.timeout(60_000));
    for (const folder of ['auth-service', 'deployer', 'frontend'] as const)
      images[folder] = await build(folder, { context: root, tag: 'first' });
  }, BUILD_LIMIT_MS);
  afterAll(async () => {
    const tags = await docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}');
    const own = tags.split('\n').filter((tag) => tag.startsWith(`${REPOSITORY}/`));
    await docker('rmi', '--force', ...own);
    await registry.stop();
  });

  test.each(['auth-service', 'deployer', 'frontend'] as const)(
    '%s is small, names its commit, and runs as nobody in particular',
    async (folder) => {
      const image = imageOf(folder);
      const [size, base] = await Promise.all([inspect<number>(image, '.Size'), inspect<number>(BASE, '.Size')]);
      const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
      console.log(`${folder}: ${megabytes(size - base)} on a base of ${megabytes(base)}`);
      expect((size - base) / 1e6).toBeLessThan(SIZE_MAX_MB / 2);
      const config = await inspect<{ User: string; Labels: Record<string, string>; Cmd: string[] }>(image, '.Config');
      expect(config).toMatchObject({
        User: '65532:65532',
        Cmd: ['node', expect.stringMatching(`^${folder}/dist/.*main.js$`)],
        Labels: {
          'org.opencontainers.image.title': `aws-deployer/${folder}`,
          'org.opencontainers.image.revision': commit['REVISION'],
          'org.opencontainers.image.created': commit['CREATED'],
          'org.opencontainers.image.version': '0.1.0',
        },
      });
    },
  );

  test('nothing but what runs is inside', async () => {
    const search = `find /app \\( -name '*.test.js' -o -name '*.map' -o -name '*.d.ts' -o -name .bin -o -name testing \\)`;
    const packages = 'ls -d /app/node_modules/typescript /app/node_modules/vitest /app/node_modules/node /app/*/src';
    for (const image of Object.values(images))
      expect(await docker('run', '--rm', image, 'sh', '-c', `${search}; ${packages} 2>/dev/null; true`)).toBe('');
  });

  test.each(['auth-service', 'deployer'] as const)(
    '%s has every package that it loads, late ones too',
    async (folder) => {
      const load = `
      const { dependencies } = JSON.parse(fs.readFileSync('${folder}/package.json', 'utf8'));
      const names = Object.keys(dependencies).filter((name) => !name.startsWith('@aws-deployer/'));
      await Promise.all([import('/app/${folder}/dist/service.js'), import('better-sqlite3'), ...names.map((name) => import(name))]);
      console.log(names.length > 0);`;
      const command = ['node', '--input-type=module', '-e', `import fs from 'node:fs';${load}`];
      expect(await docker('run', '--rm', '--read-only', imageOf(folder), ...command)).toBe('true');
    },
  );

  test(
    'auth-service is healthy on a read-only root without any right, and ends in order',
    { timeout: 60_000 },
    async () => {
      const id = await started(
        imageOf('auth-service'),
        ...NO_NEIGHBOURS,
        '--env',
        'ADMIN_PASSWORD=correct horse battery',
      );
      await healthy(id);
      expect(await ask(id, 'http://127.0.0.1:5002/health')).toMatch(/^200 \{"status":"up","version":"0.1.0"/);
      expect(await docker('exec', id, 'id', '-u')).toBe('65532');
      await expect(docker('exec', id, 'touch', '/app/x')).rejects.toThrow('Read-only file system');
      expect(await docker('exec', id, 'ls', '/data')).toContain('auth.sqlite');
      const asked = Date.now();
      await docker('stop', '--time', '8', id);
      expect(Date.now() - asked).toBeLessThan(5_000);
      expect(await inspect(id, '.State.ExitCode')).toBe(0);
      expect(await docker('logs', id)).not.toContain('correct horse');
    },
  );

  test('the console is served from its image', { timeout: 60_000 }, async () => {
    const id = await started(imageOf('frontend'));
    await healthy(id);
    expect(await ask(id, 'http://127.0.0.1:8080/')).toMatch(/^200 <!doctype html>/i);
  });

  /**
   * Another checkout of the same commit: other file times, and a file that takes compiling and assembling out of the cache
   * (npm's own work stays in it: what npm installs is fixed by the lock's checksums). What stays different is the image's
   * id, for the classic builder writes the time of the build into its configuration (BuildKit takes SOURCE_DATE_EPOCH),
   * and Debian's packages, where there are any, are those of the day.
   */
  test('the same commit makes the same layers', { timeout: BUILD_LIMIT_MS }, async () => {
    const context = await mkdtemp(join(tmpdir(), 'aws-deployer-images-'));
    onTestFinished(() => rm(context, { recursive: true, force: true }));
    const copy = `git ls-files -coz --exclude-standard | tar -c --null -T - | tar -xm -C '${context}'`;
    await promisify(execFile)('sh', ['-c', copy], { cwd: root });
    await writeFile(join(context, 'platform', 'not-in-the-cache'), context);
    const second = await build('auth-service', { context, tag: 'again' });
    expect(await inspect(second, '.RootFS.Layers')).toEqual(await inspect(imageOf('auth-service'), '.RootFS.Layers'));
  });
});
