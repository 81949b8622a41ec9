/**
 * The preflight against recordings of a real cluster: the objects that were there before the second version was applied, and
 * that version's manifests. What its rollout failed of in families A to C is told before; what rolled out is not stopped.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { afterAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { errorOf, refusalOf } from '../adapters/kubernetes/kube-errors.js';
import type { Manifest } from '../ports/cluster.js';
import { InstantCluster } from '../testing/instant-cluster.js';
import type { ImageAnswer } from './checks/images.js';
import { runPreflight } from './preflight.js';
import { foundImage, node, told } from './testing/question.js';

const ROOT = join(import.meta.dirname, '../../testdata/failures');
interface Scenario {
  readonly slug: string;
  readonly namespace: string;
  readonly namespace_labels?: Record<string, string>;
  readonly t0: string;
  readonly stream: string;
  readonly manifests: readonly string[];
  readonly expected_verdict: string;
  readonly cause_code: string;
  readonly apply_responses: readonly { readonly kind: string; readonly status: number; readonly body?: unknown }[];
}
const scenarios = JSON.parse(readFileSync(join(ROOT, 'index.json'), 'utf8')) as Scenario[];

/** What a registry says of an image, as its pull failed. */
const IMAGES: Readonly<Record<string, AppError>> = {
  'image-not-found': new AppError('invalid', 'image_not_found', 'not found'),
  'pull-auth-denied': new AppError('invalid', 'image_auth_failed', '401'),
  'registry-unreachable': new AppError('unavailable', 'registry_unreachable', 'refused'),
  'rollback-after-bad-image': new AppError('invalid', 'image_not_found', 'not found'),
  'statefulset-stall': new AppError('invalid', 'image_not_found', 'not found'),
  'invalid-image-name': new AppError('invalid', 'image_reference_invalid', 'upper case'),
};
/** What only a pod's own admission says, and what is not in the streams. */
const POD_REFUSALS: Readonly<Record<string, string>> = {
  'webhook-unreachable':
    'Internal error occurred: failed calling webhook "pods.policy.example.com": service "policy" not found',
};
const NODES: Readonly<Record<string, object>> = {
  'unschedulable-taint': { taints: [{ key: 'maintenance', value: 'true', effect: 'NoSchedule' }] },
};

async function ask(scenario: Scenario) {
  const cluster = new InstantCluster();
  cluster.embedded = false;
  const put = (object: Manifest) =>
    cluster.objects.set(`${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
  put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: scenario.namespace, labels: scenario.namespace_labels ?? {} },
  });
  for (const line of readFileSync(join(ROOT, scenario.stream), 'utf8').split('\n').filter(Boolean)) {
    const { at_ms: at, type, object } = JSON.parse(line) as { at_ms: number; type: string; object: Manifest };
    if (at >= 0) break;
    if (type !== 'DELETED') put(object);
  }
  put(node('node-1', { spec: NODES[scenario.slug] ?? {} }));
  const refusals = new Map<string, AppError>();
  for (const { kind, status, body } of scenario.apply_responses)
    if (status >= 400) refusals.set(kind, errorOf(refusalOf(status, JSON.stringify(body)), `check ${kind}`));
  const pods = POD_REFUSALS[scenario.slug];
  if (pods !== undefined) refusals.set('Pod', errorOf(refusalOf(500, JSON.stringify({ message: pods })), 'check Pod'));
  cluster.apply = (object) => {
    const refusal = refusals.get(object.kind);
    return refusal === undefined ? Promise.resolve(object) : Promise.reject(refusal);
  };

  const file = scenario.manifests.find((path) => path.includes('v2')) ?? '';
  const manifests = parseAllDocuments(readFileSync(join(ROOT, file), 'utf8')).map((document) => {
    const object = document.toJS() as Manifest;
    return { ...object, metadata: { ...object.metadata, namespace: scenario.namespace } };
  });
  const refusal = IMAGES[scenario.slug];
  const image: ImageAnswer = refusal ? { image: 'web:v2', outcome: 'refused', error: refusal } : foundImage();
  const { checks } = await runPreflight(
    {
      cluster,
      manifests,
      namespace: scenario.namespace,
      owner: { app: 'web' },
      // The recorded objects carry no marks of this platform.
      consent: { recreate: false, adopt: true },
      place: { embedded: false, runsContainers: true },
      images: Promise.resolve([image]),
      now: new Date(scenario.t0),
    },
    AbortSignal.timeout(2_000),
    new AbortController().signal,
  );
  return checks.filter(({ code }) => code !== 'name_collision');
}

/** Families A to C: told by the same code before; the registry's outage is an unknown, for it may be back by then. */
const FORESEEN: readonly (readonly [slug: string, says: string])[] = [
  ['apply-rejected-immutable-selector', 'fail immutable_selector'],
  ['apply-rejected-invalid-spec', 'fail invalid_spec'],
  ['image-never-pull', 'fail image_never_pull'],
  ['image-not-found', 'fail image_not_found'],
  ['invalid-image-name', 'fail invalid_image_name'],
  ['missing-configmap', 'fail missing_configmap'],
  ['missing-service-account', 'fail missing_service_account'],
  ['mount-missing-secret-volume', 'fail missing_secret_volume'],
  ['namespace-terminating', 'fail namespace_terminating'],
  ['pod-security-violation', 'fail pod_security_violation'],
  ['pull-auth-denied', 'fail image_pull_unauthorized'],
  ['pvc-pending', 'fail pvc_unbound'],
  ['quota-exceeded', 'fail quota_exceeded'],
  ['registry-unreachable', 'unknown registry_unreachable'],
  ['rollback-after-bad-image', 'fail image_not_found'],
  ['selector-mismatch-service', 'fail service_selector_mismatch'],
  ['statefulset-stall', 'fail image_not_found'],
  ['surge-deadlock', 'fail quota_blocks_surge'],
  ['unschedulable-cpu', 'fail unschedulable_resources'],
  ['unschedulable-taint', 'fail unschedulable_taint'],
  ['webhook-unreachable', 'fail admission_webhook_unreachable'],
];
const byName = (slug: string): Scenario => {
  const found = scenarios.find((one) => one.slug === slug);
  if (found === undefined) throw new Error(`there is no recording ${slug}`);
  return found;
};

test.each(FORESEEN)('%s: %s', async (slug, says) => {
  expect(told(await ask(byName(slug)))).toContain(says);
});

const rolledOut = scenarios.filter(({ expected_verdict }) => expected_verdict === 'healthy');
test.each(rolledOut.map(({ slug }) => slug))('%s is not stopped', async (slug) => {
  const stops = (await ask(byName(slug))).filter(({ state }) => state === 'fail');
  expect(stops).toEqual([]);
});

/** What a running program does is not known before it runs; these must not be stopped for another reason. */
const notForeseen = scenarios.filter(
  ({ slug, expected_verdict }) => expected_verdict !== 'healthy' && !FORESEEN.some(([one]) => one === slug),
);
test.each(notForeseen.map(({ slug }) => slug))('%s is not foreseen, nor stopped for what is not so', async (slug) => {
  const stops = (await ask(byName(slug))).filter(({ state }) => state === 'fail');
  expect(stops).toEqual([]);
});
afterAll(() => {
  console.log(
    `recordings: ${String(FORESEEN.length)} foreseen, ${String(rolledOut.length)} healthy ones let pass, ${String(notForeseen.length)} only seen when they run`,
  );
});
