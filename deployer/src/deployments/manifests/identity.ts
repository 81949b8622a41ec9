/**
 * Names and marks of everything the deployer makes in a cluster: pure. The marks say who owns an object, so that a rollout,
 * a rollback and a clean-up touch nothing that somebody else made.
 */
import type { Manifest } from '../../ports/cluster.js';

export const FIELD_MANAGER = 'aws-deployer';
export const LABEL = {
  name: 'app.kubernetes.io/name',
  managedBy: 'app.kubernetes.io/managed-by',
  application: 'aws-deployer.io/application',
  environment: 'aws-deployer.io/environment',
  release: 'aws-deployer.io/release',
  /** Keeps a Deployment from adopting the ReplicaSets of releases of the other kind: both carry all other labels. */
  kind: 'aws-deployer.io/workload',
} as const;
export const DEPLOYMENT_ANNOTATION = 'aws-deployer.io/deployment';

/** Whose objects: one application in one environment, at one release. */
export interface ReleaseIdentity {
  readonly application: string;
  readonly environment: string;
  readonly namespace: string;
  readonly releaseId: string;
  /** The deployment that made the release. It stays when the release is restored later: the bytes are the same. */
  readonly deploymentId: string;
}

/** What finds everything of one application in one environment. */
export const applicationLabels = (
  of: Pick<ReleaseIdentity, 'application' | 'environment'>,
): Record<string, string> => ({
  [LABEL.application]: of.application,
  [LABEL.environment]: of.environment,
});

export const labelsOf = (of: ReleaseIdentity): Record<string, string> => ({
  [LABEL.name]: of.application,
  [LABEL.managedBy]: FIELD_MANAGER,
  ...applicationLabels(of),
  [LABEL.release]: of.releaseId,
});

export const metadataOf = (of: ReleaseIdentity, name: string): Manifest['metadata'] => ({
  name,
  namespace: of.namespace,
  labels: labelsOf(of),
  annotations: { [DEPLOYMENT_ANNOTATION]: of.deploymentId },
});

/** Eight characters of the random half of the UUIDv7: the first half is time and equal for neighbours. */
export const shortRelease = (releaseId: string): string => releaseId.replaceAll('-', '').slice(-8);

/** `<application>-<release><suffix>`, the application cut so that it stays a DNS label. */
export const releaseName = (of: ReleaseIdentity, suffix = ''): string => {
  const tail = `-${shortRelease(of.releaseId)}${suffix}`;
  return `${of.application.slice(0, 63 - tail.length).replace(/-+$/, '')}${tail}`;
};

/**
 * Why this live object must not be taken over: a sentence, or undefined when it is ours. Objects made by hand or by another
 * tool, and those of another application or environment in the same namespace, are never adopted silently.
 */
export const foreignOwner = (live: Manifest, wanted: Manifest): string | undefined => {
  const has = live.metadata.labels ?? {};
  const wants = wanted.metadata.labels ?? {};
  const what = `${live.kind} ${live.metadata.namespace ?? ''}/${live.metadata.name}`;
  if (has[LABEL.managedBy] !== FIELD_MANAGER) return `${what} exists already and was not made by this platform`;
  for (const label of [LABEL.application, LABEL.environment] as const)
    if (wants[label] !== undefined && has[label] !== wants[label])
      return `${what} belongs to ${label === LABEL.application ? 'application' : 'environment'} ${has[label] ?? 'unknown'}`;
  return undefined;
};
