/** deploy-all.sh on a cluster: its API, controllers and kubectl are real, its pods are pretended, so no image runs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCluster, type LocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lacks, runProgram } from './run-script.js';
import { startAnsweringServices } from './testing/answering-services.js';
import { copyRepository, forPretendedPods, kubeconfigOf, type RepositoryCopy } from './testing/repository-copy.js';

const NAMESPACE = 'aws-deployer-dev';
const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/aws-deployer-development';

interface Found {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
  };
  readonly status: { readonly availableReplicas?: number; readonly succeeded?: number };
}

describe.skipIf(lacks('kubectl', 'openssl', 'git'))('deploy-all.sh', { timeout: 400_000 }, () => {
  let folder: string;
  let cluster: LocalCluster;
  let repository: RepositoryCopy;
  let services: Awaited<ReturnType<typeof startAnsweringServices>>;
  let env: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aws-deployer-deploy-all-'));
    cluster = await startLocalCluster({
      dataDir: folder,
      port: 0,
      gatewayPort: 0,
      runtimes: 'simulated',
      log: silentLogger,
    });
    env = { KUBECONFIG: join(folder, 'kubeconfig') };
    await writeFile(env['KUBECONFIG'] ?? '', kubeconfigOf(cluster.url));
    repository = await copyRepository();
    services = await startAnsweringServices(join(folder, 'services'));
    await forPretendedPods(repository, 'dev', { answeredBy: services.port });
  }, 60_000);
  afterAll(async () => {
    await repository.remove();
    await cluster.stop();
    await services.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const deploy = (tag: string, ...more: string[]) =>
    repository.run('deploy-all.sh', ['dev', '--registry', REGISTRY, '--tag', tag, '--no-build', ...more], env);
  const found = async (kind: string): Promise<Found[]> => {
    const { out } = await runProgram('kubectl', ['get', kind, '-n', NAMESPACE, '-o', 'json'], {
      PATH: process.env['PATH'],
      HOME: folder,
      ...env,
    });
    return (JSON.parse(out) as { items: Found[] }).items;
  };
  const imagesOf = async (): Promise<string[]> =>
    (await found('deployments')).flatMap(({ spec }) => spec.template.spec.containers.map(({ image }) => image)).sort();
  const kustomization = () => readFile(join(repository.folder, 'k8s/overlays/dev/kustomization.yaml'), 'utf8');

  test('brings an empty cluster to the images of a registry, and waits until all runs', async () => {
    const before = await kustomization();
    const ended = await deploy('v1', '--timeout', '120');
    expect(ended.code, ended.out + ended.err).toBe(0);
    expect(ended.err).toMatch(/2\. the objects of development[\s\S]*3\. waiting[\s\S]*v1 runs in aws-deployer-dev/);
    const services = ['auth-service', 'codebuild-service', 'deployer', 'frontend', 'history-service'];
    expect(await imagesOf()).toEqual(
      [...services, 'infra-oneclick', 'monitor-service'].map((name) => `${REGISTRY}/${name}:v1`),
    );
    expect((await found('deployments')).map(({ status }) => status.availableReplicas)).toEqual(Array(7).fill(1));
    expect((await found('jobs')).map(({ metadata, status }) => [metadata.name, status.succeeded])).toEqual([
      ['migration', 1],
    ]);
    expect(await kustomization(), 'the checkout is as it was').toBe(before);
  });

  test('runs again: another tag, a new migration, the same secrets', async () => {
    const uids = async (kind: string) => (await found(kind)).map(({ metadata }) => metadata.uid).sort();
    const [jobs, secrets] = [await uids('jobs'), await uids('secrets')];
    const ended = await deploy('v2', '--timeout', '120');
    expect(ended.code, ended.out + ended.err).toBe(0);
    expect(ended.out).toContain('secret mysql: kept');
    expect(new Set((await imagesOf()).map((image) => image.split(':')[1]))).toEqual(new Set(['v2']));
    expect(await uids('jobs')).not.toEqual(jobs);
    expect(await uids('secrets')).toEqual(secrets);
  });

  test('runs again with the same tag: nothing changes, and a setting is changed alone', async () => {
    // Pods of the version before may still be on their way out.
    const uids = async (kind: string) =>
      (await found(kind))
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => metadata.uid)
        .sort();
    const before = { jobs: await uids('jobs'), pods: await uids('pods') };
    const ended = await deploy('v2');
    expect(ended.code, ended.out + ended.err).toBe(0);
    expect({ jobs: await uids('jobs'), pods: await uids('pods') }).toEqual(before);

    const set = await deploy('v2', '--set', 'backup.BACKUP_BUCKET=elsewhere', '--set', 'backup.AWS_REGION=eu-north-1');
    expect(set.code, set.out + set.err).toBe(0);
    expect(await uids('pods'), 'only the nightly backup reads it').toEqual(before.pods);
    const { out } = await runProgram('kubectl', ['get', 'cronjob', 'mysql-backup', '-n', NAMESPACE, '-o', 'json'], {
      PATH: process.env['PATH'],
      HOME: folder,
      ...env,
    });
    const name = /"configMapRef":\s*{\s*"name":\s*"(backup-[^"]+)"/.exec(out)?.[1] ?? '';
    const maps = (await found('configmaps')) as unknown as { metadata: { name: string }; data: object }[];
    expect(maps.find(({ metadata }) => metadata.name === name)?.data).toEqual({
      BACKUP_BUCKET: 'elsewhere',
      BACKUP_PREFIX: 'dev/mysql',
      AWS_REGION: 'eu-north-1',
    });
    expect(await deploy('v2', '--set', 'nonsense')).toMatchObject({ code: 2 });
  });

  test('fails when what it waits for does not come', async () => {
    const ended = await deploy('pull-not_found', '--timeout', '5');
    expect(ended.code).not.toBe(0);
    expect(ended.err).not.toContain('runs in');
  });
});
