/** The Deployment or ReplicaSet of one release, and its pod template: pure. */
import type { Workload } from '@aws-deployer/platform/contracts/deployments';
import type { Manifest } from '../../ports/cluster.js';
import { LABEL, applicationLabels, labelsOf, metadataOf, releaseName, type ReleaseIdentity } from './identity.js';

export interface ReleaseWorkload extends ReleaseIdentity {
  readonly workload: Workload;
  /** `repository:tag` or `repository`; the pods run it by digest. */
  readonly image: string;
  /** `sha256:…` */
  readonly imageDigest: string;
  readonly containerPort: number;
  /** Names of the environment variables that come from the release's Secret; the values are never in a manifest set. */
  readonly secretKeys: readonly string[];
  /** The image names a user by a number that is not root's: then the pods may have no right at all, and still start. */
  readonly nonRoot?: boolean;
  /** Whether the pods pull with a credential of their own (the release's pull Secret). */
  readonly pullSecret: boolean;
  /** How long a pod goes on answering after it was taken out of the endpoints, so that proxies notice. */
  readonly drainSeconds: number;
  /** After this the cluster itself calls the rollout stuck; the platform's own clock usually is first. */
  readonly deadlineSeconds: number;
}

export const PORT_NAME = 'http';
/** The mark that keeps the two kinds apart. */
const kindLabel = (of: ReleaseWorkload): string => of.workload.kind.toLowerCase();

export const secretName = (of: ReleaseIdentity): string => releaseName(of);
export const pullSecretName = (of: ReleaseIdentity): string => releaseName(of, '-pull');

/** `registry:5000/shop:v1` and a digest → `registry:5000/shop@sha256:…`: a tag can be moved, a digest cannot. */
export const imageByDigest = (image: string, digest: string): string => {
  const bare = image.split('@')[0] ?? image;
  const tagAt = bare.lastIndexOf(':');
  const repository = tagAt > bare.lastIndexOf('/') ? bare.slice(0, tagAt) : bare;
  return `${repository}@${digest}`;
};

/** A Deployment's pods of every release; a ReplicaSet's of its own release only, for it does not roll by itself. */
export const podSelector = (of: ReleaseWorkload): Record<string, string> => ({
  ...applicationLabels(of),
  [LABEL.kind]: kindLabel(of),
  ...(of.workload.kind === 'ReplicaSet' ? { [LABEL.release]: of.releaseId } : {}),
});

const environment = (of: ReleaseWorkload): unknown[] => {
  const plain = Object.entries(of.workload.env);
  const names = new Set([...plain.map(([name]) => name), ...of.secretKeys]);
  return [
    // What most buildpacks and frameworks read; a host process gets its real port under the same name.
    ...(names.has('PORT') ? [] : [{ name: 'PORT', value: String(of.containerPort) }]),
    ...plain.filter(([name]) => !of.secretKeys.includes(name)).map(([name, value]) => ({ name, value })),
    ...of.secretKeys.map((key) => ({ name: key, valueFrom: { secretKeyRef: { name: secretName(of), key } } })),
  ];
};

const container = (of: ReleaseWorkload): Record<string, unknown> => {
  const { workload } = of;
  const { health } = workload;
  return {
    name: 'web',
    image: imageByDigest(of.image, of.imageDigest),
    imagePullPolicy: 'IfNotPresent',
    ...(workload.command ? { command: workload.command } : {}),
    ...(workload.args ? { args: workload.args } : {}),
    ports: [{ name: PORT_NAME, containerPort: of.containerPort, protocol: 'TCP' }],
    env: environment(of),
    ...(workload.resources ? { resources: workload.resources } : {}),
    readinessProbe: {
      // The scheme is the default; unsaid, it would be nobody's, stay behind when the kind of probe changes, and two kinds are refused.
      ...(health
        ? { httpGet: { path: health.path, port: PORT_NAME, scheme: 'HTTP' } }
        : { tcpSocket: { port: PORT_NAME } }),
      periodSeconds: 2,
      timeoutSeconds: 2,
      failureThreshold: 3,
    },
    lifecycle: { preStop: { sleep: { seconds: of.drainSeconds } } },
    // Kept when the process dies without a word of its own: the verdict quotes it.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    // With the pod's seccomp profile all that the level `restricted` asks for. An image that runs as root is left its rights: it
    // would not start without them.
    securityContext: {
      allowPrivilegeEscalation: false,
      ...(of.nonRoot === true ? { runAsNonRoot: true, capabilities: { drop: ['ALL'] } } : {}),
    },
  };
};

const podTemplate = (of: ReleaseWorkload): Record<string, unknown> => ({
  metadata: {
    labels: { ...labelsOf(of), [LABEL.kind]: kindLabel(of) },
    annotations: metadataOf(of, of.application).annotations,
  },
  spec: {
    containers: [container(of)],
    ...(of.pullSecret ? { imagePullSecrets: [{ name: pullSecretName(of) }] } : {}),
    terminationGracePeriodSeconds: of.drainSeconds + 30,
    // `SHOP_PORT=tcp://…` of a neighbour's Service is a famous way to break an application.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
  },
});

export const workloadManifest = (of: ReleaseWorkload): Manifest => {
  const { kind, replicas } = of.workload;
  const metadata = metadataOf(of, kind === 'Deployment' ? of.application : releaseName(of));
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { ...metadata, labels: { ...metadata.labels, [LABEL.kind]: kindLabel(of) } },
    spec: {
      replicas,
      selector: { matchLabels: podSelector(of) },
      template: podTemplate(of),
      ...(kind === 'Deployment'
        ? {
            strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
            progressDeadlineSeconds: of.deadlineSeconds,
            revisionHistoryLimit: 10,
          }
        : {}),
    },
  };
};
