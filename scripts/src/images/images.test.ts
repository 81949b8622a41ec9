/** The images, built by a real Docker Engine and run as a cluster would: no privilege, a read-only root. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { SERVICE_IMAGES, type ServiceImage } from './service-images.js';
import { CREDENTIAL, startGitHost } from './testing/git-host.js';
import { canBuildOffline, dockerEnvironment, OfflineImages } from './testing/offline-images.js';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const usable = await canBuildOffline(process.env);
if (!usable && process.env['CI'] === 'true')
  throw new Error('TEST_DOCKER_HOST, busybox-static, git, ssh, strip and terraform are needed on CI');

/** Node is 109 MB of each. Terraform is 91 MB more, a program that its makers have stripped already: hence the second figure. */
const SIZE_MAX_MB = 200;
const SIZE_MAX_MB_WITH_TERRAFORM = 235;
/** Every program that an image has, beside what lies in /app. */
const [NODE, SHELL] = ['/usr/local/bin/node', '/bin/sh'];
const GIT = ['git', 'ssh'].map((name) => `/usr/bin/${name}`);
const REMOTES = ['git-remote-http', 'git-remote-https'].map((name) => `/usr/lib/git-core/${name}`);
const PROGRAMS: Partial<Record<ServiceImage, readonly string[]>> = {
  deployer: [SHELL, ...GIT, ...REMOTES, NODE],
  'codebuild-service': [SHELL, ...GIT, ...REMOTES, NODE],
  'infra-oneclick': [SHELL, '/opt/terraform/terraform', NODE],
};
const BUILD_LIMIT_MS = 900_000; // two cores, a cold cache, and the other tests beside it
const env = dockerEnvironment(process.env);
const docker = async (...args: string[]) => (await promisify(execFile)('docker', args, { env })).stdout.trim();
const inspect = async <T>(name: string, format: string): Promise<T> =>
  JSON.parse(await docker('inspect', '--format', `{{json ${format}}}`, name)) as T;
let offline: OfflineImages;

/** The engine of the tests has no name server, and a look-up that hangs cannot be called off. */
const NO_NEIGHBOURS = ['AUTH', 'CODEBUILD', 'DEPLOYER', 'HISTORY', 'INFRA', 'MONITOR'].map(
  (name) => `${name}_URL=http://127.0.0.1:9`,
);
/** What a service must be told to start alone, beside that. */
const SETTINGS: Partial<Record<ServiceImage, readonly string[]>> = {
  'auth-service': ['ADMIN_PASSWORD=correct horse battery'],
  deployer: ['CLUSTER_URL=http://127.0.0.1:9'],
};

/** Starts a container as the restricted PodSecurity profile would; it is removed after the test. */
async function started(folder: ServiceImage): Promise<string> {
  const confined = ['--read-only', '--user', '65532', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
  const settings = [...NO_NEIGHBOURS, ...(SETTINGS[folder] ?? [])].flatMap((setting) => ['--env', setting]);
  const options = [...confined, '--tmpfs', '/tmp', '--health-interval', '1s', ...settings];
  const id = await docker('run', '--detach', ...options, offline.tag(folder));
  onTestFinished(async () => void (await docker('rm', '--force', '--volumes', id)));
  return id;
}
async function healthy(id: string): Promise<void> {
  await vi.waitFor(async () => expect(await inspect(id, '.State.Health.Status')).toBe('healthy'), {
    timeout: 30_000,
    interval: 250,
  });
}
/** What a program of the container sees at a path of the service. */
const ask = (id: string, path: string) =>
  docker(
    ...['exec', id, 'node', '-e'],
    `require('node:http').get({ host: '127.0.0.1', port: process.env.PORT, path: '${path}' }, (answer) => {
      console.log(answer.statusCode);
      answer.pipe(process.stdout);
    })`,
  );

describe.skipIf(!usable)('images', () => {
  beforeAll(async () => {
    offline = await OfflineImages.of(root, process.env);
    await offline.built();
  }, BUILD_LIMIT_MS);

  test.each(SERVICE_IMAGES)('%s is small, names its commit, and runs as nobody in particular', async (folder) => {
    const image = offline.tag(folder);
    const size = await inspect<number>(image, '.Size');
    console.log(`${folder}: ${(size / 1e6).toFixed(0)} MB`);
    expect(size / 1e6).toBeLessThan(folder === 'infra-oneclick' ? SIZE_MAX_MB_WITH_TERRAFORM : SIZE_MAX_MB);
    const config = await inspect<{ User: string; Labels: Record<string, string>; Cmd: string[] }>(image, '.Config');
    expect(config).toMatchObject({
      User: '65532:65532',
      Cmd: ['node', expect.stringMatching(`^${folder}/dist/.*main.js$`)],
      Labels: {
        'org.opencontainers.image.title': `aws-deployer/${folder}`,
        'org.opencontainers.image.revision': offline.commit['REVISION'],
        'org.opencontainers.image.created': offline.commit['CREATED'],
        'org.opencontainers.image.version': '0.1.0',
      },
    });
  });

  test.each(SERVICE_IMAGES)('nothing but what runs is inside %s', async (folder) => {
    const list = `const list = (folder) => fs.readdirSync(folder || '/', { withFileTypes: true }).flatMap((found) => {
        const path = folder + '/' + found.name;
        return !found.isDirectory() ? [path] : ['/dev', '/proc', '/sys'].includes(path) ? [] : [path, ...list(path)];
      });
      process.stdout.write(list('').join('\\n'));`;
    const files = (await docker('run', '--rm', offline.tag(folder), 'node', '-e', list)).split('\n');
    expect(files.length).toBeGreaterThan(500);
    const [app, system] = [true, false].map((own) => files.filter((path) => path.startsWith('/app/') === own));
    const development =
      /\.(?:test\.js|map|d\.ts)$|\/(?:\.bin|testing|tests|src)$|^\/app\/node_modules\/(?:typescript|vitest|node)$/;
    expect(app?.filter((path) => development.test(path) && !/\/node_modules\/.*\/src$/.test(path))).toEqual([]);
    const programs = system?.filter((path) => /\/(?:s?bin|git-core|opt\/terraform)\/./.test(path));
    expect(programs?.sort()).toEqual([...(PROGRAMS[folder] ?? [NODE])].sort());
  });

  test.each(SERVICE_IMAGES.filter((folder) => folder !== 'frontend'))(
    '%s has every package that it or a part of it loads, late ones too',
    async (folder) => {
      const load = `
      const parts = fs.readdirSync('/app').filter((name) => fs.existsSync('/app/' + name + '/package.json'));
      for (const part of parts) {
        const { dependencies } = JSON.parse(fs.readFileSync('/app/' + part + '/package.json', 'utf8'));
        const { resolve } = createRequire('/app/' + part + '/dist/any.js');
        for (const name of Object.keys(dependencies))
          if (!name.startsWith('@aws-deployer/') && name !== 'swagger-ui-dist') await import(resolve(name)).then(() => import(name));
      }
      await Promise.all([import('/app/${folder}/dist/service.js'), import('swagger-ui-dist/package.json', { with: { type: 'json' } })]);
      console.log(parts.includes('platform'));`;
      const imports = `import fs from 'node:fs'; import { createRequire } from 'node:module';`;
      const command = ['node', '--input-type=module', '-e', imports + load];
      expect(await docker('run', '--rm', '--read-only', offline.tag(folder), ...command)).toBe('true');
    },
  );

  test.each(SERVICE_IMAGES)(
    '%s is healthy on a read-only root without any right, and ends in order',
    { timeout: 60_000 },
    async (folder) => {
      const id = await started(folder);
      await healthy(id);
      if (folder === 'frontend') expect(await ask(id, '/')).toMatch(/^200\n<!doctype html>/i);
      else expect(await ask(id, '/health')).toMatch(/^200\n\{"status":"up","version":"0.1.0"/);
      expect(await docker('exec', id, 'node', '-p', 'process.getuid()')).toBe('65532');
      const write = docker('exec', id, 'node', '-e', 'fs.writeFileSync("/app/x", "")');
      await expect(write).rejects.toThrow('EROFS: read-only file system');
      const asked = Date.now();
      await docker('stop', '--time', '8', id);
      expect(Date.now() - asked).toBeLessThan(5_000);
      expect(await inspect(id, '.State.ExitCode')).toBe(0);
      expect(await docker('logs', id)).not.toContain('correct horse');
    },
  );

  test('infra-oneclick has its Terraform, its environments, and a place to work in', { timeout: 60_000 }, async () => {
    const id = await started('infra-oneclick');
    await healthy(id);
    expect(JSON.parse(await docker('exec', id, '/opt/terraform/terraform', 'version', '-json'))).toMatchObject({
      terraform_version: expect.stringMatching(/^1\./) as string,
      platform: expect.stringMatching(/^linux_/) as string,
    });
    const environments = await docker(
      'exec',
      id,
      'node',
      '-p',
      'fs.readdirSync("infra-oneclick/terraform/environments").join()',
    );
    expect(environments).toBe('development,production,staging');
    // A provider that is part of Terraform: no other is to be had here. Its commands are given to the shell.
    const module = `resource "terraform_data" "one" {
      input = "kept"
      provisioner "local-exec" { command = "for word in said by; do echo $word a shell; done" }
    }
    output "one" { value = terraform_data.one.output }`;
    const run = `const terraform = (...args) => require('node:child_process').execFileSync(process.env.TERRAFORM, args, {
        cwd: '/data/one', encoding: 'utf8', env: { ...process.env, TF_DATA_DIR: '/data/providers' }
      });
      fs.cpSync('/app/infra-oneclick/terraform', '/data/copy', { recursive: true });
      fs.mkdirSync('/data/one');
      fs.writeFileSync('/data/one/main.tf', fs.readFileSync(0));
      terraform('init', '-input=false');
      console.log(terraform('apply', '-auto-approve', '-no-color'));`;
    const terraform = execFileSync('docker', ['exec', '-i', id, 'node', '-e', run], {
      env,
      input: module,
      encoding: 'utf8',
    });
    expect(terraform).toContain('by a shell');
    expect(terraform).toContain('1 added');
    expect(terraform).toContain('one = "kept"');
  });

  test.each(['deployer', 'codebuild-service'] as const)(
    '%s looks up a name, trusts what everyone trusts, fetches with a token over https, and speaks ssh',
    { timeout: 60_000 },
    async (folder) => {
      const host = await startGitHost({ 'server.js': 'served' });
      onTestFinished(() => host.stop());
      const fetchBoth = `import { mkdirSync, readFileSync } from 'node:fs';
        import { GitSource } from '@aws-deployer/platform/git/git-source';
        const allowedHosts = [new URL('${host.url}').hostname];
        const source = new GitSource({ localMode: false, allowedHosts, dataDir: '/data', env: process.env });
        const fetched = async (repoUrl, credential) => {
          mkdirSync('/tmp/' + credential.kind);
          const request = { repoUrl, ref: 'main', into: '/tmp/' + credential.kind, credential, onLine: () => {} };
          return (await source.checkout(request, AbortSignal.timeout(30_000))).subject;
        };
        const https = await fetched('${host.url}', { kind: 'git_token', username: '${CREDENTIAL.username}', secret: '${CREDENTIAL.token}' });
        const ssh = await fetched('${host.sshUrl}', { kind: 'ssh_key', secret: 'a key' }).catch((error) => error.code);
        const { status } = await fetch('${host.url}/info/refs');
        console.log(JSON.stringify({ https, ssh, status, file: readFileSync('/tmp/git_token/server.js', 'utf8') }));`;
      const trusted = '/etc/ssl/certs/ca-certificates.crt';
      const mounts = [`${host.certificates}:${trusted}:ro`, `${host.resolvConf}:/etc/resolv.conf:ro`];
      const options = [
        ...['--rm', '--network', 'host', '--read-only', '--cap-drop', 'ALL', '--tmpfs', '/tmp:exec'],
        ...['--workdir', `/app/${folder}`, '--env', `NODE_EXTRA_CA_CERTS=${trusted}`],
        ...mounts.flatMap((mount) => ['--volume', mount]),
      ];
      const command = ['node', '--input-type=module', '-e', fetchBoth];
      const found = JSON.parse(await docker('run', ...options, offline.tag(folder), ...command)) as unknown;
      expect(found).toEqual({ https: 'first', ssh: 'repo_unreachable', status: 401, file: 'served' });
      expect(host.lookedUp.length).toBeGreaterThan(0);
      expect(host.greetings).toEqual([expect.stringMatching(/^SSH-2\.0-OpenSSH/)]);
    },
  );

  /**
   * Another checkout of the same commit: other file times, and a file that takes compiling and assembling out of the cache
   * (npm's own work stays in it: what npm installs is fixed by the lock's checksums). What stays different is the image's
   * id, for the classic builder writes the time of the build into its configuration (BuildKit takes SOURCE_DATE_EPOCH),
   * and Debian's packages are those of the day where the images are made of them.
   */
  test('the same commit makes the same layers', { timeout: BUILD_LIMIT_MS }, async () => {
    const context = await mkdtemp(join(tmpdir(), 'aws-deployer-images-'));
    onTestFinished(() => rm(context, { recursive: true, force: true }));
    const copy = `git ls-files -coz --exclude-standard | tar -c --null -T - | tar -xm -C '${context}'`;
    await promisify(execFile)('sh', ['-c', copy], { cwd: root });
    await writeFile(join(context, 'platform', 'not-in-the-cache'), context);
    const folders = ['auth-service', 'infra-oneclick'] as const;
    const again = folders.map((folder) => ({ folder, context, tag: `${offline.tag(folder)}-again` }));
    onTestFinished(async () => void (await docker('rmi', ...again.map(({ tag }) => tag))));
    await offline.build(again);
    for (const { folder, tag } of again)
      expect(await inspect(tag, '.RootFS.Layers')).toEqual(await inspect(offline.tag(folder), '.RootFS.Layers'));
  });
});
