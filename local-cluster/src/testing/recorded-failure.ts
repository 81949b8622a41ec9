/**
 * A failure that was recorded from Kubernetes 1.36, done again here: its manifests are put into this cluster, and what
 * was said there (warnings of Events, why containers wait or ended, conditions) is what must be said here. The
 * recordings are the deployer's, which judges rollouts by them.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Condition, ContainerStatus, KubeEvent, Pod } from '../resources/types.js';
import { resourceOfKind } from '../resources/resource-definition.js';
import type { ClusterClient } from '../store/cluster-client.js';
import type { KubeObject } from '../store/object-store.js';
import { isStatusError } from '../store/status-error.js';

const FOLDER = fileURLToPath(new URL('../../../deployer/testdata/failures/', import.meta.url));

interface Recorded {
  readonly at_ms: number;
  readonly kind: string;
  readonly object: KubeObject;
}

export interface RecordedFailure {
  readonly slug: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  /** What was said after the second version was applied, normalised, sorted, each once. */
  readonly said: readonly string[];
  /** The answers of the API that were refusals. */
  readonly refusals: readonly string[];
  manifest(version: 'v1' | 'v2', change?: (text: string) => string): KubeObject[];
}

interface IndexEntry {
  readonly slug: string;
  readonly namespace: string;
  readonly namespace_labels: Record<string, string>;
  readonly apply_responses: readonly { readonly body?: { readonly message?: string } }[];
}

const index = (): IndexEntry[] => JSON.parse(readFileSync(`${FOLDER}index.json`, 'utf8')) as IndexEntry[];

export function recordedFailure(slug: string): RecordedFailure {
  const entry = index().find((one) => one.slug === slug);
  if (entry === undefined) throw new Error(`${slug} was not recorded`);
  const lines = readFileSync(`${FOLDER}streams/${slug}.jsonl`, 'utf8').trim().split('\n');
  const after = lines.map((line) => JSON.parse(line) as Recorded).filter(({ at_ms }) => at_ms > 0);
  return {
    slug,
    namespace: entry.namespace,
    labels: entry.namespace_labels,
    said: distinct(after.flatMap(({ object }) => sayingsOf(object))),
    refusals: entry.apply_responses.flatMap(({ body }) => (body?.message === undefined ? [] : [body.message])),
    manifest: (version, change = (text) => text) =>
      parseAllDocuments(change(readFileSync(`${FOLDER}manifests/${slug}/${version}.yaml`, 'utf8'))).map((document) => {
        const object = document.toJS() as KubeObject;
        return { ...object, metadata: { ...object.metadata, namespace: entry.namespace } };
      }),
  };
}

/** Creates what is not there and gives the rest its new spec; answers the refusals. */
export function putInto(client: ClusterClient, objects: readonly KubeObject[]): string[] {
  return objects.flatMap((object) => {
    const resource = resourceOfKind(object.apiVersion, object.kind);
    if (resource === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served`);
    const { namespace, name } = object.metadata;
    try {
      if (client.get(resource.key, namespace, name) === undefined) client.create(resource.key, object);
      else
        client.update(resource.key, namespace, name, (stored) => ({
          ...stored,
          spec: { ...stored.spec, ...object.spec },
        }));
      return [];
    } catch (error) {
      if (isStatusError(error)) return [error.message];
      throw error;
    }
  });
}

const SAYING_KINDS = [
  'core/events',
  'core/pods',
  'apps/replicasets',
  'apps/deployments',
  'batch/jobs',
  'autoscaling/horizontalpodautoscalers',
];
/** Collects what is said over time: a state that passes is also said. */
export function listenIn(client: ClusterClient, namespace: string): { said(): string[]; stop(): void } {
  const heard = new Set<string>();
  const stop = client.watch(SAYING_KINDS, ({ object }) => {
    if (object.metadata.namespace === namespace) for (const saying of sayingsOf(object)) heard.add(saying);
  });
  return { said: () => [...heard].sort(), stop };
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

function sayingsOf(object: KubeObject): string[] {
  switch (object.kind) {
    case 'Event': {
      const { type, reason, message, involvedObject } = object as KubeEvent;
      return type === 'Warning'
        ? [`Event on ${involvedObject.kind ?? ''}: ${reason ?? ''}: ${plain(message ?? '')}`]
        : [];
    }
    case 'Pod': {
      const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = (object as Pod).status ?? {};
      const unscheduled = conditions.filter(({ type, status }) => type === 'PodScheduled' && status === 'False');
      return [
        ...[...initContainerStatuses, ...containerStatuses].flatMap(ofContainer),
        ...unscheduled.map((condition) => ofCondition('Pod', condition)),
      ];
    }
    default:
      return ((object.status?.['conditions'] ?? []) as Condition[])
        .filter(({ type, status }) => BAD.has(`${type}=${status}`))
        .map((condition) => ofCondition(object.kind, condition));
  }
}

const BAD = new Set(['ReplicaFailure=True', 'Failed=True', 'ScalingActive=False', 'AbleToScale=False']);

const ofCondition = (kind: string, { type, status, reason = '', message = '' }: Condition): string =>
  `${kind} ${type}=${status}: ${reason}: ${plain(message)}`;

function ofContainer({ name, state, lastState }: ContainerStatus): string[] {
  const waiting = state?.waiting;
  const ended = (where: string, terminated: NonNullable<ContainerStatus['state']>['terminated']): string[] =>
    terminated === undefined || terminated.exitCode === 0
      ? []
      : [
          `${name} ${where}: ${String(terminated.exitCode)} ${terminated.reason ?? ''}: ${plain(terminated.message ?? '')}`,
        ];
  return [
    ...(waiting?.message === undefined ? [] : [`${name} waits: ${waiting.reason ?? ''}: ${plain(waiting.message)}`]),
    ...ended('ended', state?.terminated),
    ...ended('ended', lastState?.terminated),
  ];
}

/** Without what differs between any two clusters: generated names, uids, addresses, longer delays. */
const plain = (text: string): string =>
  text
    .replace(/^\(combined from similar events\): /, '')
    .replace(/\bweb-[0-9a-z]{6,10}-[0-9a-z]{5}(?![0-9a-z])/g, 'web-<hash>-<pod>')
    .replace(/\bweb-[0-9a-z]{6,10}-(?=")/g, 'web-<hash>-')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replace(/\b(?:\d{1,3}\.){3}\d{1,3}:\d+/g, '<address>')
    .replace(/back-off \d+s|back-off \d+m\d+s/, 'back-off <delay>');
