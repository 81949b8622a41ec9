/** Which workloads a recorded release is made of, and which Services must lead to each: from its manifests, its requests, or what changed. Pure. */
import type { Manifest } from '../../../ports/cluster.js';
import type { ServiceObject, WorkloadObject } from '../objects.js';
import type { RolloutTarget } from '../snapshot.js';
import { isWorkloadKind } from '../workload-pods.js';
import type { Recording } from './recording.js';

interface Named {
  readonly kind: string;
  readonly name: string;
}
const keyOf = ({ kind, name }: Named): string => `${kind}/${name}`;
const namedOf = ({ kind, metadata }: Manifest): Named => ({ kind, name: metadata.name });
const isOwned = ({ metadata }: Manifest): boolean => (metadata.ownerReferences ?? []).length > 0;

/** What the release asked for; where nobody wrote that down, what changed since it began. */
const wantedOf = ({ wanted, answers, changes }: Recording): readonly Named[] => {
  const asked = [...wanted.map(namedOf), ...answers.filter(({ name }) => name !== '')];
  const unique = new Map(asked.map((named) => [keyOf(named), { kind: named.kind, name: named.name }]));
  if ([...unique.values()].some(({ kind }) => isWorkloadKind(kind))) return [...unique.values()];
  const own = changes.filter(
    ({ object }) => (isWorkloadKind(object.kind) || object.kind === 'Service') && !isOwned(object),
  );
  const before = new Map(own.filter(({ at }) => at < 0).map(({ object }) => [keyOf(namedOf(object)), object]));
  const changed = own.filter(
    ({ at, object }) =>
      at >= 0 && before.get(keyOf(namedOf(object)))?.metadata.generation !== object.metadata.generation,
  );
  const workloads = changed.some(({ object }) => isWorkloadKind(object.kind)) ? changed : own;
  const services = own.filter(({ object }) => object.kind === 'Service');
  return [
    ...new Map([...workloads, ...services].map(({ object }) => [keyOf(namedOf(object)), namedOf(object)])).values(),
  ];
};

/** As it was asked for; else as it first was after the release began, or before. */
const seenAs = ({ wanted, changes }: Recording, named: Named): Manifest | undefined =>
  wanted.find((object) => keyOf(namedOf(object)) === keyOf(named)) ??
  changes.find(({ at, object }) => at >= 0 && keyOf(namedOf(object)) === keyOf(named))?.object ??
  changes.findLast(({ object }) => keyOf(namedOf(object)) === keyOf(named))?.object;

/** The generation that the release's own request left behind. */
const generationOf = ({ answers, changes }: Recording, workload: Named): number | undefined => {
  const answered = answers.find((answer) => keyOf(answer) === keyOf(workload) && answer.generation !== undefined);
  if (answered) return answered.generation;
  if (answers.some((answer) => keyOf(answer) === keyOf(workload) && answer.status >= 400)) return undefined;
  const seen = changes.filter(({ object }) => keyOf(namedOf(object)) === keyOf(workload));
  const before = seen.findLast(({ at }) => at < 0)?.object.metadata.generation ?? 0;
  const after = seen.find(({ at, object }) => at >= 0 && (object.metadata.generation ?? 0) > before);
  return after?.object.metadata.generation ?? (before === 0 ? undefined : before);
};

const labelsOf = (workload: Manifest | undefined): Readonly<Record<string, string>> =>
  (workload?.kind === 'Pod'
    ? workload.metadata.labels
    : (workload as WorkloadObject | undefined)?.spec?.template?.metadata?.labels) ?? {};

/** The workload that a Service should lead to: the one that it selects, else its namesake, else the first that serves. */
const ledTo = (
  service: Manifest,
  workloads: readonly (Named & { labels: Readonly<Record<string, string>> })[],
): readonly Named[] => {
  const selector = Object.entries((service as ServiceObject).spec?.selector ?? {});
  if (selector.length === 0) return [];
  const selected = workloads.filter(({ labels }) => selector.every(([name, value]) => labels[name] === value));
  if (selected.length > 0) return selected;
  const serving = workloads.filter(({ kind }) => kind !== 'Job');
  const namesake = serving.find(({ name }) => name === service.metadata.name);
  const [first] = serving;
  return namesake ? [namesake] : first ? [first] : [];
};

export const targetsOf = (recording: Recording): readonly RolloutTarget[] => {
  const wanted = wantedOf(recording);
  const workloads = wanted
    .filter(({ kind }) => isWorkloadKind(kind))
    .map((named) => ({ ...named, labels: labelsOf(seenAs(recording, named)) }));
  const services = wanted
    .filter(({ kind }) => kind === 'Service')
    .flatMap((named) => seenAs(recording, named) ?? [])
    .map((service) => ({ name: service.metadata.name, to: ledTo(service, workloads).map(keyOf) }));
  return workloads.flatMap((workload): RolloutTarget[] => {
    const { kind, name } = workload;
    if (!isWorkloadKind(kind)) return [];
    const generation = generationOf(recording, workload);
    return [
      {
        namespace: recording.namespace,
        kind,
        name,
        services: services.filter(({ to }) => to.includes(keyOf(workload))).map((service) => service.name),
        ...(generation === undefined ? {} : { generation }),
      },
    ];
  });
};
