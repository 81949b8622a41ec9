/** The module `platform` for real: Terraform has kubectl apply an overlay to the local cluster, and again for a new revision. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { startLocalCluster, type LocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram, findTerraform } from './terraform-machine.js';
import { SOURCES, TerraformTree } from './terraform-tree.js';

const PATIENCE_MS = 600_000;
const machine = findTerraform();
const absent =
  typeof machine === 'string' ? machine : findProgram('kubectl') === undefined ? 'kubectl is not on the PATH' : null;
const missing = absent !== null && process.env['CI'] !== 'true';
if (missing) console.log(`terraform with kubectl: not tried, ${absent}`);

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: example.com/web:1 }] }
`;

let folder: string;
let cluster: LocalCluster;
let tree: TerraformTree;
beforeAll(async () => {
  if (missing) return;
  if (typeof machine === 'string') throw new Error(machine);
  if (absent !== null) throw new Error(absent);
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-overlay-'));
  const dataDir = join(folder, 'cluster');
  cluster = await startLocalCluster({ dataDir, port: 0, gatewayPort: 0, runtimes: 'simulated', log: silentLogger });
  tree = await TerraformTree.copy(machine);
});
afterAll(async () => {
  await tree?.remove();
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const JOB = (level: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: migration, labels: { app.kubernetes.io/component: migration } }
spec:
  template:
    spec: { restartPolicy: Never, containers: [{ name: main, image: 'example.com/migration:${level}' }] }
`;

async function writeOverlay(level: string): Promise<string> {
  const overlay = join(folder, 'overlay');
  await mkdir(overlay, { recursive: true });
  const kustomization = `
namespace: shop
resources: [namespace.yaml, deployment.yaml, job.yaml]
configMapGenerator: [{ name: settings, literals: [LEVEL=${level}], options: { disableNameSuffixHash: true } }]
`;
  await writeFile(join(overlay, 'kustomization.yaml'), kustomization);
  await writeFile(join(overlay, 'namespace.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n');
  await writeFile(join(overlay, 'deployment.yaml'), DEPLOYMENT);
  await writeFile(join(overlay, 'job.yaml'), JOB(level));
  return overlay;
}
const read = async (path: string) =>
  (await request(`${cluster.url}${path}`)).body.json() as Promise<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any

test.skipIf(missing)(
  'an overlay is applied, waited for, and applied again for a new revision only',
  async () => {
    const overlay = await writeOverlay('info');
    const apply = (revision: string) =>
      tree.succeed('modules/platform', [
        ...[
          'apply',
          '-auto-approve',
          '-input=false',
          '-no-color',
          '-var',
          'install=true',
          '-var',
          `overlay=${overlay}`,
        ],
        ...[
          '-var',
          `revision=${revision}`,
          '-var',
          `cluster={endpoint="${cluster.url}"}`,
          '-var',
          'namespaces=["shop"]',
        ],
      ]);
    await tree.succeed('modules/platform', ['init', '-input=false', '-no-color']);

    expect(await apply('first')).toContain('Resources: 1 added');
    expect(await read('/api/v1/namespaces/shop/configmaps/settings')).toMatchObject({ data: { LEVEL: 'info' } });
    const deployment = await read('/apis/apps/v1/namespaces/shop/deployments/web');
    expect(deployment['status'], 'its rollout was waited for').toMatchObject({ availableReplicas: 1 });

    await writeOverlay('debug');
    expect(await apply('first')).toContain('Resources: 0 added, 0 changed, 0 destroyed');
    await apply('second');
    expect(await read('/api/v1/namespaces/shop/configmaps/settings')).toMatchObject({ data: { LEVEL: 'debug' } });
    expect(
      await read('/apis/batch/v1/namespaces/shop/jobs/migration'),
      'the Job of the first revision made room',
    ).toMatchObject({ spec: { template: { spec: { containers: [{ image: 'example.com/migration:debug' }] } } } });
  },
  PATIENCE_MS,
);

test.skipIf(missing)(
  'a token of EKS is asked for when the overlay is applied: that of a plan is too old once a cluster is there',
  async () => {
    const programs = join(folder, 'programs');
    await mkdir(programs);
    const credential = { apiVersion: 'client.authentication.k8s.io/v1beta1', kind: 'ExecCredential' };
    const answer = JSON.stringify({ ...credential, status: { token: 'of-this-moment' } });
    await writeFile(join(programs, 'aws'), `#!/bin/sh\necho "$@" >>${folder}/asked\necho '${answer}'\n`, {
      mode: 0o755,
    });
    // Nobody is there: kubectl has its token before it finds out, and asks for none where there is no TLS.
    const installed = promisify(execFile)(join(SOURCES, 'modules/platform/apply-overlay.sh'), {
      env: {
        PATH: [programs, process.env['PATH']].join(delimiter),
        OVERLAY: await writeOverlay('warn'),
        API_ENDPOINT: 'https://127.0.0.1:1',
        API_CERTIFICATE: '-',
        EKS_CLUSTER: 'aws-deployer-test',
        EKS_REGION: 'eu-central-1',
        ROLLOUT_TIMEOUT: '60s',
        ROLLOUT_OF_NAMESPACES: 'shop',
      },
      timeout: 120_000,
    });
    await expect(installed).rejects.toThrow(/refused/);
    expect((await readFile(join(folder, 'asked'), 'utf8')).split('\n')[0]).toBe(
      'eks get-token --region eu-central-1 --cluster-name aws-deployer-test',
    );
    // Nor may one come back into Terraform, whose plan and state would keep it.
    expect(await readFile(join(SOURCES, 'modules/environment/main.tf'), 'utf8')).not.toContain('aws_eks_cluster_auth');
  },
  PATIENCE_MS,
);
