/**
 * The module `cluster-addons` for real, on the local cluster: what it applies, in which order, what it waits for. The manifests
 * are our own, since nothing is fetched in a test. The local cluster knows no custom resources: the issuers alone are taken by a
 * kubectl that pretends, which first refuses them as cert-manager's webhook does in its first moment.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
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
const kubectl = findProgram('kubectl');
const absent = typeof machine === 'string' ? machine : kubectl === undefined ? 'kubectl is not on the PATH' : null;
const missing = absent !== null && process.env['CI'] !== 'true';
if (missing) console.log(`terraform with kubectl: not tried, ${absent}`);

/** As releases are: a namespace, a Deployment in it, and more. */
const release = (namespace: string, version: string, more = ''): string => `
apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${namespace}-controller, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: ${namespace} } }
  template:
    metadata: { labels: { app: ${namespace} } }
    spec: { containers: [{ name: main, image: 'example.com/${namespace}:${version}' }] }
${more}`;

const ingress = (version: string): string =>
  release(
    'ingress-nginx',
    version,
    `---
apiVersion: v1
kind: Service
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
spec: { type: LoadBalancer, selector: { app: ingress-nginx }, ports: [{ port: 80 }] }
---
apiVersion: batch/v1
kind: Job
metadata:
  name: ingress-nginx-admission-create
  namespace: ingress-nginx
  labels: { app.kubernetes.io/component: admission-webhook }
spec:
  template:
    spec: { restartPolicy: Never, containers: [{ name: create, image: 'example.com/certgen:${version}' }] }
`,
  );

let folder: string;
let cluster: LocalCluster;
let tree: TerraformTree;
beforeAll(async () => {
  if (missing) return;
  if (typeof machine === 'string') throw new Error(machine);
  if (absent !== null) throw new Error(absent);
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-addons-'));
  const dataDir = join(folder, 'cluster');
  cluster = await startLocalCluster({ dataDir, port: 0, gatewayPort: 0, runtimes: 'simulated', log: silentLogger });
  tree = await TerraformTree.copy(machine);
  // Every real cluster has it from the start.
  await request(`${cluster.url}/apis/scheduling.k8s.io/v1/priorityclasses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name: 'system-cluster-critical' }, value: 2_000_000_000 }),
  });
  await mkdir(join(folder, 'programs'));
  const programs = {
    // Writes down each call; the issuers are refused once, then taken and ready.
    kubectl: `echo "$*" | sed 's#/[^ ]*/manifest.yaml#MANIFEST#' >>${folder}/calls
file=$(printf '%s\\n' "$@" | grep manifest.yaml || true)
if [ -n "$file" ] && grep -q 'kind: ClusterIssuer' "$file"; then
  cp "$file" ${folder}/issuers.yaml
  if [ ! -e ${folder}/refused ]; then touch ${folder}/refused; echo 'failed calling webhook' >&2; exit 1; fi
  exit 0
fi
case "$*" in *clusterissuer/*) exit 0 ;; esac
exec ${kubectl ?? 'kubectl'} "$@"`,
    aws: `echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"of-this-moment"}}'`,
    // Answers what lies in the folder under the address's last part.
    curl: `cp "${folder}/$(basename "\${@: -1:1}")" "\${@: -2:1}"`,
  };
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(folder, 'programs', name), `#!/usr/bin/env bash\n${text}\n`, { mode: 0o755 });
});
afterAll(async () => {
  await tree?.remove();
  await cluster?.stop();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const manifestOf = async (name: string, text: string): Promise<string> => {
  const file = join(folder, `${name}.yaml`);
  await writeFile(file, text);
  return file;
};
const path = (): string => [join(folder, 'programs'), process.env['PATH']].join(delimiter);
const read = async (address: string) =>
  (await request(`${cluster.url}${address}`)).body.json() as Promise<Record<string, any>>; // eslint-disable-line @typescript-eslint/no-explicit-any

async function calls(): Promise<string[]> {
  const all = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
  await rm(join(folder, 'calls'));
  return all.map((call) => call.replace(/ --timeout 120s$/, ''));
}

const apply = async (...variables: string[]): Promise<string> => {
  const options = [
    '-auto-approve',
    '-input=false',
    '-no-color',
    '-var',
    'kubernetes_version=1.34',
    '-var',
    'ready_minutes=2',
  ];
  const eks = 'eks={name="aws-deployer-test",region="eu-central-1"}';
  const given = [`cluster={endpoint="${cluster.url}",${eks}}`, ...variables].flatMap((value) => ['-var', value]);
  const run = ['apply', ...options, ...given];
  const { code, output } = await tree.run('modules/cluster-addons', run, { PATH: path(), RETRY_SECONDS: '0' });
  expect(code, output).toBe(0);
  return output;
};

test.skipIf(missing)(
  'add-ons come one after the other, each waited for, and only what has changed comes again',
  async () => {
    const nginx = await manifestOf('ingress', ingress('1.0.0'));
    const manager = await manifestOf('cert-manager', release('cert-manager', '1.0.0'));
    const of = (name: string, manifest: string): string => `${name}={manifest="${manifest}"}`;
    const given = [of('ingress_nginx', nginx), of('cert_manager', manager)];
    await tree.succeed('modules/cluster-addons', ['init', '-input=false', '-no-color']);

    expect(await apply('install=false', ...given)).toContain('Resources: 0 added');

    expect(await apply('install=true', ...given)).toContain('Resources: 4 added');
    const bringIngress = [
      '--namespace ingress-nginx delete jobs --selector app.kubernetes.io/component=admission-webhook --ignore-not-found',
      'apply --server-side --filename MANIFEST',
      '--namespace ingress-nginx rollout status deployment',
      '--namespace ingress-nginx wait service/ingress-nginx-controller --for=jsonpath={.status.loadBalancer.ingress}',
    ];
    expect(await calls()).toEqual([
      'apply --server-side --filename MANIFEST',
      '--namespace kube-system rollout status deployment/cluster-autoscaler',
      ...bringIngress,
      'apply --server-side --filename MANIFEST',
      '--namespace cert-manager rollout status deployment',
      // The webhook did not answer yet.
      'apply --server-side --filename MANIFEST',
      'apply --server-side --filename MANIFEST',
      'wait clusterissuer/letsencrypt --for=condition=Ready',
      'wait clusterissuer/letsencrypt-staging --for=condition=Ready',
    ]);
    const autoscaler = await read('/apis/apps/v1/namespaces/kube-system/deployments/cluster-autoscaler');
    expect(autoscaler['status']).toMatchObject({ availableReplicas: 1 });
    const [container] = autoscaler['spec'].template.spec.containers;
    expect(container.image).toBe('registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.0');
    expect(container.command.at(-1)).toMatch(/,k8s\.io\/cluster-autoscaler\/aws-deployer-test$/);
    expect(await readFile(join(folder, 'issuers.yaml'), 'utf8')).toContain('ingressClassName: nginx');

    expect(await apply('install=true', ...given)).toContain('Resources: 0 added, 0 changed, 0 destroyed');
    await manifestOf('ingress', ingress('1.1.0'));
    expect(await apply('install=true', ...given)).toContain('Resources: 1 added, 0 changed, 1 destroyed');
    expect(await calls(), 'nothing but the ingress').toEqual(bringIngress);
    const job = await read('/apis/batch/v1/namespaces/ingress-nginx/jobs/ingress-nginx-admission-create');
    expect(job['spec'].template.spec.containers[0].image, 'the Job before made room').toBe('example.com/certgen:1.1.0');
  },
  PATIENCE_MS,
);

test.skipIf(missing)(
  'a manifest comes from its address, and one that is not what it should be is not applied',
  async () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: fetched, namespace: default }\n';
    await manifestOf('fetched', text);
    const bring = (sha256: string) =>
      promisify(execFile)(join(SOURCES, 'modules/cluster-addons/apply-manifest.sh'), {
        env: {
          PATH: path(),
          API_ENDPOINT: cluster.url,
          API_CERTIFICATE: '-',
          EKS_CLUSTER: '-',
          EKS_REGION: '-',
          MANIFEST: 'https://example.com/v1.0.0/fetched.yaml',
          SHA256: sha256,
          JOBS: '-',
          WAIT_FOR: '',
          READY_TIMEOUT: '60s',
          RETRY_SECONDS: '0',
        },
        timeout: 120_000,
      });
    await expect(bring('0'.repeat(64))).rejects.toThrow(/does not have the checksum 0{64}: nothing of it was applied/);
    expect(await read('/api/v1/namespaces/default/configmaps/fetched')).toMatchObject({ code: 404 });

    await bring(createHash('sha256').update(text).digest('hex'));
    expect(await read('/api/v1/namespaces/default/configmaps/fetched')).toMatchObject({
      metadata: { name: 'fetched' },
    });
  },
  PATIENCE_MS,
);
