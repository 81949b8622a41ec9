/** Family F: pods are ready, but the Service does not lead to them, or they run something else than what was built. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { containersOf, runningDigest, specOf, type ServiceObject } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** Endpoints follow readiness within a second; a label that does not match never will. */
const UNMATCHED_MS = 5_000;

const unmatched = (service: ServiceObject, snapshot: RolloutSnapshot): readonly Finding[] => {
  const selector = Object.entries(service.spec?.selector ?? {});
  const template = snapshot.workload?.spec?.template;
  const labels = template?.metadata?.labels ?? {};
  if (selector.length === 0 || template === undefined) return [];
  const wrong = selector.filter(([name, value]) => labels[name] !== value);
  const slices = snapshot.slicesOf(service);
  const leadsSomewhere = slices.some((slice) => (slice.endpoints ?? []).length > 0);
  const base = {
    fault: 'release' as const,
    weight: WEIGHT.serving,
    object: `Service ${service.metadata.name}`,
    actAfterMs: UNMATCHED_MS,
  };
  // While it leads to the pods of another release, traffic just has not moved yet.
  if (wrong.length > 0 && slices.length > 0 && !leadsSomewhere)
    return [
      {
        ...base,
        code: 'service_selector_mismatch',
        reason: `The Service ${service.metadata.name} leads to no pod: it looks for ${wrong.map(([name, value]) => `${name}=${value}`).join(', ')}, and the pods carry ${wrong.map(([name]) => `${name}=${labels[name] ?? '(none)'}`).join(', ')}.`,
        suggestion: 'Give the Service the labels of the pods as its selector.',
      },
    ];
  const names = new Set(
    (template.spec?.containers ?? []).flatMap((container) => container.ports ?? []).map(({ name }) => name),
  );
  const lost = service.spec?.ports?.find(({ targetPort }) => typeof targetPort === 'string' && !names.has(targetPort));
  if (wrong.length === 0 && lost)
    return [
      {
        ...base,
        code: 'service_port_mismatch',
        reason: `The Service ${service.metadata.name} leads to the port ${String(lost.targetPort)}, which no container has.`,
        suggestion: 'Name the container’s port so, or lead the Service to a port that exists.',
      },
    ];
  return [];
};

/**
 * A number that is none of the ports that the containers declare. They need not declare them, so it is said and not acted upon; the
 * proof of the endpoints and the prober find out.
 */
const undeclared = (service: ServiceObject, snapshot: RolloutSnapshot): readonly Finding[] => {
  const template = snapshot.workload?.spec?.template;
  const selected = Object.entries(service.spec?.selector ?? {}).every(
    ([name, value]) => template?.metadata?.labels?.[name] === value,
  );
  const containers = template?.spec?.containers ?? [];
  const declared = containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
  const probed = containers.flatMap(({ readinessProbe, livenessProbe, startupProbe }) =>
    [readinessProbe, livenessProbe, startupProbe].map((probe) => probe?.httpGet?.port ?? probe?.tcpSocket?.port),
  );
  const lost = (service.spec?.ports ?? []).find(({ port, targetPort = port }) => {
    const known = declared.includes(Number(targetPort)) || probed.includes(targetPort);
    return typeof targetPort === 'number' && !known;
  });
  if (!selected || declared.length === 0 || lost === undefined) return [];
  return [
    {
      code: 'service_port_mismatch',
      fault: 'release',
      weight: WEIGHT.outcome,
      object: `Service ${service.metadata.name}`,
      reason: `The Service ${service.metadata.name} leads to port ${String(lost.targetPort ?? lost.port)}, and the containers declare ${declared.join(', ')} only.`,
      suggestion: 'Lead the Service to a port that the process listens on, or declare that port.',
      actAfterMs: undefined,
    },
  ];
};

const wrongBits = (snapshot: RolloutSnapshot): readonly Finding[] => {
  const wanted = snapshot.target.imageDigest;
  if (wanted === undefined) return [];
  return snapshot.pods.flatMap((pod) =>
    containersOf(pod).flatMap(({ name, init, status }): Finding[] => {
      const digest = runningDigest(status);
      // Other containers of the pod have images of their own.
      const ours = specOf(pod, name)?.image?.endsWith(wanted) !== false;
      if (init || digest === undefined || digest === wanted || status.state?.running === undefined || !ours) return [];
      return [
        {
          code: 'image_digest_mismatch',
          fault: 'release',
          weight: WEIGHT.serving,
          pod: pod.metadata.name,
          object: podName(pod),
          container: name,
          reason: `Container ${name} of ${podName(pod)} runs ${digest}, not the image that was built (${wanted}).`,
          suggestion: 'Deploy again by digest; a tag was moved or a node’s cache is stale.',
          actAfterMs: 0,
        },
      ];
    }),
  );
};

export const serving = (snapshot: RolloutSnapshot): readonly Finding[] => [
  ...snapshot.services.flatMap((service) => [...unmatched(service, snapshot), ...undeclared(service, snapshot)]),
  ...wrongBits(snapshot),
];
