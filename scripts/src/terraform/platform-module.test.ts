/** The module `platform` for real: Terraform has kubectl apply an overlay to the local cluster, and again for a new revision. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { startLocalCluster, type LocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findProgram, findTerraform } from './terraform-machine.js';
import { TerraformTree } from './terraform-tree.js';

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

async function writeOverlay(level: string): Promise<string> {
  const overlay = join(folder, 'overlay');
  await mkdir(overlay, { recursive: true });
  const kustomization = `
namespace: shop
resources: [namespace.yaml, deployment.yaml]
configMapGenerator: [{ name: settings, literals: [LEVEL=${level}], options: { disableNameSuffixHash: true } }]
`;
  await writeFile(join(overlay, 'kustomization.yaml'), kustomization);
  await writeFile(join(overlay, 'namespace.yaml'), 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n');
  await writeFile(join(overlay, 'deployment.yaml'), DEPLOYMENT);
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
  },
  PATIENCE_MS,
);
