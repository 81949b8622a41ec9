/**
 * What the operators' scripts read of this repository, in a temporary folder: the scripts, k8s/ and the names of the Dockerfiles.
 * There a test changes what a cluster of pretended pods answers otherwise, and sees what a script leaves behind.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repositoryRoot, runProgram, type Ended } from '../run-script.js';

export interface RepositoryCopy {
  readonly folder: string;
  /** Where the scripts keep what they write. */
  readonly state: string;
  /** What a script is started with. */
  environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv;
  run(script: string, args: readonly string[], env: Readonly<Record<string, string>>, ms?: number): Promise<Ended>;
  readonly remove: () => Promise<void>;
}

export async function copyRepository(): Promise<RepositoryCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-repository-'));
  const state = join(folder, 'state');
  await mkdir(join(folder, 'scripts'));
  for (const name of await readdir(join(repositoryRoot, 'scripts')))
    if (name.endsWith('.sh')) await cp(join(repositoryRoot, 'scripts', name), join(folder, 'scripts', name));
  for (const part of ['scripts/lib', 'k8s'])
    await cp(join(repositoryRoot, part), join(folder, part), { recursive: true });
  for (const service of await readdir(repositoryRoot)) {
    if (!existsSync(join(repositoryRoot, service, 'Dockerfile'))) continue;
    await mkdir(join(folder, service));
    await cp(join(repositoryRoot, service, 'Dockerfile'), join(folder, service, 'Dockerfile'));
  }
  const environment = (env: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
    PATH: process.env['PATH'],
    HOME: folder,
    ONE_CLICK_FOLDER: state,
    ...env,
  });
  return {
    folder,
    state,
    environment,
    run: (script, args, env, ms = 300_000) => runProgram(join(folder, 'scripts', script), args, environment(env), ms),
    remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * Pods of local-cluster's simulated runtime never end, and nobody makes EBS volumes there: the Job ends at once, MySQL takes what
 * there is. `answeredBy` is the port of a server that stands for every service.
 */
export async function forPretendedPods(
  { folder }: RepositoryCopy,
  overlay: string,
  { answeredBy }: { readonly answeredBy?: number } = {},
): Promise<void> {
  const file = join(folder, 'k8s/overlays', overlay, 'kustomization.yaml');
  const patches = `
  - target: { kind: Job }
    patch: |
      - op: add
        path: /spec/template/metadata/annotations
        value: { simulated.local-cluster/exit-after-ms: '20', simulated.local-cluster/exit-code: '0' }
  - target: { kind: StatefulSet }
    patch: |
      - { op: remove, path: /spec/volumeClaimTemplates/0/spec/storageClassName }
${
  answeredBy === undefined
    ? ''
    : `  - target: { kind: Deployment }
    patch: |
      - op: add
        path: /spec/template/metadata/annotations
        value: { simulated.local-cluster/answered-by: '${answeredBy}' }
`
}`;
  const text = await readFile(file, 'utf8');
  if (!text.includes('\npatches:\n')) throw new Error(`${file} has no patches to join`);
  await writeFile(file, text.replace('\npatches:\n', `\npatches:${patches}`));
}

/** A kubeconfig for a server without credentials. */
export const kubeconfigOf = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'local',
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'local' } }],
    clusters: [{ name: 'local', cluster: { server } }],
    users: [{ name: 'local', user: {} }],
  });
