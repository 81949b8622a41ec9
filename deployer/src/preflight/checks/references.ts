/** What pods refer to and what must be there before they start: pure. */
import type { Manifest } from '../../ports/cluster.js';
import { failed, orPassed, untold, warned, type Check } from '../check.js';
import { keyOf, type ClusterState, type Reading } from '../cluster-state.js';
import type { DesiredState, DesiredWorkload } from '../desired-state.js';
import { allContainers, type PodShape } from '../pod-shape.js';

/** One thing that a pod needs. `key`: inside a ConfigMap or Secret. */
export interface Need {
  readonly kind: 'ConfigMap' | 'Secret' | 'ServiceAccount' | 'PriorityClass' | 'PersistentVolumeClaim';
  readonly name: string;
  readonly key?: string;
  readonly use: 'env' | 'volume' | 'pull' | 'identity' | 'priority';
  readonly container?: string;
}

/** Everything that is not marked optional. */
export const needsOf = (pod: PodShape): readonly Need[] => {
  const needs: Need[] = [];
  if (pod.serviceAccountName !== undefined && pod.serviceAccountName !== 'default')
    needs.push({ kind: 'ServiceAccount', name: pod.serviceAccountName, use: 'identity' });
  if (pod.priorityClassName !== undefined && !pod.priorityClassName.startsWith('system-'))
    needs.push({ kind: 'PriorityClass', name: pod.priorityClassName, use: 'priority' });
  for (const { name } of pod.imagePullSecrets ?? []) needs.push({ kind: 'Secret', name, use: 'pull' });
  for (const { name: container, env = [], envFrom = [] } of allContainers(pod)) {
    for (const { valueFrom } of env)
      for (const [kind, of] of [
        ['ConfigMap', valueFrom?.configMapKeyRef],
        ['Secret', valueFrom?.secretKeyRef],
      ] as const)
        if (of?.name !== undefined && of.optional !== true)
          needs.push({ kind, name: of.name, ...(of.key === undefined ? {} : { key: of.key }), use: 'env', container });
    for (const { configMapRef, secretRef } of envFrom)
      for (const [kind, of] of [
        ['ConfigMap', configMapRef],
        ['Secret', secretRef],
      ] as const)
        if (of?.name !== undefined && of.optional !== true) needs.push({ kind, name: of.name, use: 'env', container });
  }
  for (const volume of pod.volumes ?? []) {
    const sources = [
      { configMap: volume.configMap, secret: volume.secret && { ...volume.secret, name: volume.secret.secretName } },
      ...(volume.projected?.sources ?? []),
    ];
    for (const { configMap, secret } of sources)
      for (const [kind, of] of [
        ['ConfigMap', configMap],
        ['Secret', secret],
      ] as const) {
        if (of?.name === undefined || of.optional === true) continue;
        const { name, items } = of;
        if (items === undefined) needs.push({ kind, name, use: 'volume' });
        else for (const { key } of items) needs.push({ kind, name, key, use: 'volume' });
      }
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined) needs.push({ kind: 'PersistentVolumeClaim', name: claim, use: 'volume' });
  }
  return needs;
};

export const references = (desired: DesiredState, state: ClusterState): readonly Check[] =>
  orPassed(
    'references',
    desired.workloads.flatMap((workload) => {
      const said = new Set<string>();
      return needsOf(workload.pod).flatMap((need) => {
        if (need.kind === 'PersistentVolumeClaim') return []; // storage.ts
        const check = judge(need, workload, desired, state.referenced.get(keyOf(need.kind, need.name)));
        if (check === undefined || said.has(check.message)) return [];
        said.add(check.message);
        return [check];
      });
    }),
    'Everything that the pods refer to is there.',
  );

function judge(
  need: Need,
  { object }: DesiredWorkload,
  { manifests, namespace }: DesiredState,
  live: Reading<Manifest | undefined> | undefined,
): Check | undefined {
  const { kind, name, key } = need;
  const ours = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  // The values of a release's own Secrets are not in its manifests: they are made when it is rolled out.
  if (ours !== undefined && (kind === 'Secret' || key === undefined || keysOf(ours).includes(key))) return undefined;
  if (ours === undefined && live?.known !== true)
    return untold(
      'references',
      `${kind} ${name} could not be read: ${live?.why ?? 'not asked'}`,
      'not_checked',
      object,
    );
  const there = ours ?? (live?.known === true ? live.value : undefined);
  const word = kind.toLowerCase();
  if (there === undefined) {
    if (need.use === 'pull')
      return warned('references', {
        code: 'missing_pull_secret',
        fault: 'release',
        object,
        message: `The pull secret ${name} does not exist in ${namespace}: a private image cannot be pulled`,
        mend: `Create the secret ${name}, or leave it out for a public image`,
      });

    const code = {
      identity: 'missing_service_account',
      priority: 'missing_priority_class',
      volume: `missing_${word}_volume`,
      env: `missing_${word}`,
    }[need.use];
    return failed('references', {
      code,
      fault: 'release',
      object,
      message: `${need.container === undefined ? 'The pods' : `Container ${need.container}`} of ${object} cannot start: the ${WORDS[kind]} ${name} does not exist${kind === 'PriorityClass' ? '' : ` in ${namespace}`}`,
      mend: `Create the ${WORDS[kind]} ${name}, or do not refer to it`,
    });
  }
  if (key === undefined || keysOf(there).includes(key)) return undefined;
  return failed('references', {
    code: need.use === 'volume' ? 'volume_mount_failed' : `missing_${word}_key`,
    fault: 'release',
    object,
    message: `${need.container === undefined ? 'A volume' : `Container ${need.container}`} of ${object} needs the key ${key}, which the ${WORDS[kind]} ${name} does not have`,
    mend: `Add the key ${key} to ${name}, or correct its name`,
    evidence: [`keys of ${name}: ${keysOf(there).join(', ') || 'none'}`],
  });
}

const WORDS = {
  ConfigMap: 'config map',
  Secret: 'secret',
  ServiceAccount: 'service account',
  PriorityClass: 'priority class',
  PersistentVolumeClaim: 'volume claim',
} as const;

const keysOf = (object: Manifest): readonly string[] =>
  ['data', 'binaryData', 'stringData'].flatMap((field) => Object.keys(object[field] ?? {}));
