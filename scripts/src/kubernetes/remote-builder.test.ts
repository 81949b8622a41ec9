/**
 * The remote builder of k8s/components/remote-builder: a Docker Engine on TCP with the arguments and certificates of its
 * StatefulSet, and the deployer's builder with the variables of its patch. It builds on a base that this machine stands in for.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerImageBuilder } from '@aws-deployer/image-builder/docker/docker-image-builder';
import { findDocker } from '@aws-deployer/image-builder/docker/docker-engine';
import { RegistryClient } from '@aws-deployer/platform/oci/registry-client';
import { readImage } from '@aws-deployer/platform/oci/read-image';
import { startMemoryRegistry, type MemoryRegistry } from '@aws-deployer/platform/testing/memory-registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { has, root } from './testing/rendered.js';
import { freePort, startServer, type StartedServer } from './testing/started-server.js';

const component = join(root, 'k8s/components/remote-builder');
const missing = !has('dockerd', '--version') || !has('openssl', 'version') || process.getuid?.() !== 0;

interface Engine {
  readonly kind: string;
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
  };
}
interface Patch {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly env: readonly { name: string; value: string }[] }[] };
    };
  };
}

describe.skipIf(missing)('the remote builder', { timeout: 180_000 }, () => {
  let folder: string;
  let engine: StartedServer;
  let registry: MemoryRegistry;
  let env: Record<string, string>;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adrb-'));
    execFileSync(join(component, 'make-certificates.sh'), [folder, '127.0.0.1']);
    port = await freePort();
    const documents = parseAllDocuments(readFileSync(join(component, 'engine/engine.yaml'), 'utf8'));
    const set = documents.map((one) => one.toJS() as Engine).find(({ kind }) => kind === 'StatefulSet');
    const args = (set?.spec.template.spec.containers[0]?.args ?? []).map((argument) =>
      argument
        .replace('tcp://0.0.0.0:2376', `tcp://127.0.0.1:${port}`)
        .replace('/var/run/docker.sock', join(folder, 's'))
        .replace('/certs/', join(folder, 'server/')),
    );
    expect(args).toContain('--tlsverify');
    const patch = parse(readFileSync(join(component, 'deployer.yaml'), 'utf8')) as Patch;
    env = Object.fromEntries(
      (patch.spec.template.spec.containers[0]?.env ?? []).map(({ name, value }) => [
        name,
        value
          .replace('docker-engine.aws-deployer-builder:2376', `127.0.0.1:${port}`)
          .replace('/etc/aws-deployer/docker', join(folder, 'client')),
      ]),
    );
    expect(Object.keys(env)).toEqual(['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH']);
    const own = ['--data-root', join(folder, 'd'), '--exec-root', join(folder, 'x'), '--pidfile', join(folder, 'p')];
    engine = await startServer(
      'dockerd',
      [...args, ...own, '--bridge=none', '--iptables=false', '--ip-masq=false'],
      async () => 'version' in (await findDocker(env)),
    );
    registry = await startMemoryRegistry({ username: 'ann', password: 'pass-word' });
  }, 60_000);
  afterAll(async () => {
    await registry.stop();
    await engine.stop();
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const path of mounts.filter((one) => one.startsWith(`${folder}/`)).reverse())
      execFileSync('umount', ['--lazy', path]);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  test('builds an image over TLS and pushes it with the credential of the registry', async () => {
    const context = join(folder, 'context');
    execFileSync('mkdir', [context]);
    copyFileSync(join(component, 'kustomization.yaml'), join(context, 'file'));
    writeFileSync(
      join(context, 'Dockerfile'),
      'FROM node:24-slim\nWORKDIR /app\nCOPY file .\nEXPOSE 9000\nCMD ["node", "--version"]\n',
    );
    const lines: string[] = [];
    const repository = `${registry.host}/team/app`;
    const built = await new DockerImageBuilder({ env: { ...process.env, ...env }, localMode: true }).build(
      {
        key: 'deployment-1',
        application: 'shop',
        contextDir: context,
        dockerfile: join(context, 'Dockerfile'),
        buildArgs: {},
        labels: {},
        repository,
        tag: 't1',
        registry: { host: registry.host, insecure: true, username: 'ann', password: 'pass-word' },
        onLine: (_stream, text) => lines.push(text),
      },
      AbortSignal.timeout(150_000),
    );
    expect(built).toMatchObject({ exposedPort: 9000, runtime: 'container' });
    expect(lines.join('\n')).toContain('COPY file');
    const client = new RegistryClient({ host: registry.host, insecure: true, username: 'ann', password: 'pass-word' });
    const image = await readImage(client, 'team/app', built.digest, AbortSignal.timeout(10_000));
    expect(image.config.config).toMatchObject({ WorkingDir: '/app', Cmd: ['node', '--version'] });
  });

  test('lets nobody in without a certificate of its authority', async () => {
    const withFiles = (cert?: string) =>
      new Promise<string>((resolve) => {
        const files =
          cert === undefined
            ? {}
            : { cert: readFileSync(join(cert, 'cert.pem')), key: readFileSync(join(cert, 'key.pem')) };
        const ca = readFileSync(join(folder, 'client/ca.pem'));
        request({ host: '127.0.0.1', port, path: '/version', ca, ...files, agent: false }, (answer) => {
          answer.resume();
          resolve(String(answer.statusCode));
        })
          .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
          .end();
      });
    expect(await withFiles(join(folder, 'client'))).toBe('200');
    expect(await withFiles()).toMatch(/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|ECONNRESET/);
    const other = join(folder, 'other');
    execFileSync(join(component, 'make-certificates.sh'), [other, '127.0.0.1']);
    expect(await withFiles(join(other, 'client')), 'of another authority').toMatch(
      /UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|DECRYPT|ECONNRESET/,
    );
    expect(await withFiles(join(folder, 'server')), 'of the engine itself').not.toBe('200');
    expect(
      await findDocker({ ...env, DOCKER_CERT_PATH: join(other, 'client') }),
      'an engine of another authority',
    ).toHaveProperty('why');
    expect(await findDocker({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }), 'without TLS').toHaveProperty('why');
  });
});
