/**
 * One or more small rollouts for each way in which a rollout fails, as Kubernetes 1.36 words them. `row` is the number of the
 * failure in the list that deployments/verdict/README.md explains. In one file, because it is one table.
 */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { ClusterRefusal, Manifest } from '../ports/cluster.js';
import { VerdictEngine, type Judgement } from '../deployments/verdict/engine.js';
import { RolloutObjects, type RolloutTarget } from '../deployments/verdict/snapshot.js';
import {
  DIGEST,
  NOW,
  TARGET,
  container,
  deployment,
  event,
  object,
  oldSet,
  owned,
  pod,
  replicaSet,
  rollout,
  running,
  template,
  waiting,
} from './rollout-kit.js';

export interface FailureCase {
  readonly row: number;
  readonly what: string;
  readonly code: string;
  readonly fault: VerdictView['fault'];
  readonly objects: RolloutObjects;
  /** Milliseconds after which it is said; 10 s at the most unless its row says otherwise. */
  readonly saidAfterMs?: number;
  /** Milliseconds after which it is acted upon; absent: never by itself. */
  readonly actsAfterMs?: number;
}

/** What the engine says of a case after so many milliseconds. */
export const judged = (objects: RolloutObjects, afterMs: number, late = false): Judgement => {
  const engine = new VerdictEngine();
  engine.judge([objects.at(NOW)]);
  return engine.judge([objects.at(NOW + afterMs)], late);
};

const refused = (kind: string, name: string, refusal: Partial<ClusterRefusal>): RolloutObjects => {
  const objects = rollout();
  objects.reject({ kind, name, refusal: { status: 422, reason: '', message: '', causes: [], ...refusal } });
  return objects;
};
const cause = (field: string, message: string, reason = 'FieldValueInvalid') => ({ reason, message, field });
const uncreatable = (message: string): RolloutObjects =>
  rollout(
    replicaSet({
      status: { conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] },
    }),
  );
const forbidden = (words: string): RolloutObjects => uncreatable(`pods "web-new-" is forbidden: ${words}`);
/** A workload of another kind than a Deployment, with what belongs to it. */
const other = (kind: RolloutTarget['kind'], ...objects: Manifest[]): RolloutObjects => {
  const all = new RolloutObjects({ ...TARGET, kind, services: [] });
  for (const found of objects) all.observe({ type: 'ADDED', object: found });
  return all;
};
const podOf = (owner: Manifest, name: string, status: object, labels: object = {}): Manifest =>
  pod(name, status, { metadata: { ...owned(owner.kind, owner.metadata.name), labels } });
const statefulSet = object('StatefulSet', 'web', {
  metadata: { generation: 2 },
  spec: { replicas: 2, template },
  status: { observedGeneration: 2, replicas: 2, updatedReplicas: 1, updateRevision: 'web-2', currentRevision: 'web-1' },
});
const daemonSet = object('DaemonSet', 'web', {
  metadata: { generation: 2 },
  spec: { template },
  status: { observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberAvailable: 2 },
});
const job = (status: object, spec: object = {}): Manifest =>
  object('Job', 'web', { spec: { backoffLimit: 1, template, ...spec }, status });
const ended = (exitCode: number, reason = 'Error', restartCount = 1, message?: string): object => ({
  phase: 'Running',
  containerStatuses: [
    {
      name: 'web',
      restartCount,
      state: { terminated: { exitCode, reason, ...(message === undefined ? {} : { message }) } },
    },
  ],
});
const told = (status: object, reason: string, message: string, more: object = {}): RolloutObjects => {
  const p1 = pod('p1', status);
  return rollout(p1, event(p1, reason, message, more));
};
const creating = waiting('ContainerCreating', '');
const pulled = (message: string): RolloutObjects => rollout(pod('p1', waiting('ErrImagePull', message)));
const unplaced = (message: string, ...more: Manifest[]): RolloutObjects =>
  rollout(
    pod(
      'p1',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
      { spec: { containers: [container], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } },
    ),
    ...more,
  );
const claim = object('PersistentVolumeClaim', 'data', { status: { phase: 'Pending' } });
const unready = (message: string, count = 3): RolloutObjects =>
  told(running('2026-11-21T05:00:00Z', { ready: false }), 'Unhealthy', `Readiness probe ${message}`, { count });
const killed = (probe: string, count: number): RolloutObjects =>
  told(running('2026-11-21T05:00:00Z'), 'Killing', `Container web failed ${probe} probe, will be restarted`, {
    type: 'Normal',
    count,
  });
const flapping = (): RolloutObjects => {
  const objects = rollout();
  for (const status of ['True', 'False', 'True', 'False'])
    objects.observe({
      type: 'MODIFIED',
      object: pod('p1', {
        phase: 'Running',
        conditions: [{ type: 'Ready', status }],
        containerStatuses: [{ name: 'web', ready: status === 'True', state: { running: {} } }],
      }),
    });
  return objects;
};
const service = (spec: object): Manifest => object('Service', 'web', { spec });
const slice = object('EndpointSlice', 's', {
  metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
  endpoints: [],
});
const web = service({ selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] });
const ingress = (port: number): Manifest =>
  object('Ingress', 'web', {
    spec: { rules: [{ http: { paths: [{ backend: { service: { name: 'web', port: { number: port } } } }] } }] },
    status: { loadBalancer: {} },
  });
const httpRoute = (type: string, reason: string): Manifest =>
  object('HTTPRoute', 'web', {
    spec: { rules: [{ backendRefs: [{ name: 'web' }] }] },
    status: { parents: [{ conditions: [{ type, status: 'False', reason, message: 'see the parent' }] }] },
  });
const scaler = (type: string, reason: string, message: string): RolloutObjects =>
  rollout(
    object('HorizontalPodAutoscaler', 'web', {
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
      status: { conditions: [{ type, status: 'False', reason, message }] },
    }),
  );
const deadline = deployment({
  status: {
    observedGeneration: 2,
    conditions: [
      {
        type: 'Progressing',
        status: 'False',
        reason: 'ProgressDeadlineExceeded',
        message: 'ReplicaSet "web-new" has timed out progressing.',
      },
    ],
  },
});
const leaving = (more: object, status: object = {}): Manifest =>
  pod(
    'p1',
    { phase: 'Running', ...status },
    { metadata: { ...owned('ReplicaSet', 'web-new'), deletionTimestamp: '2026-11-21T05:00:00Z', ...more } },
  );
const lingering = pod(
  'o1',
  { containerStatuses: [{ name: 'web', state: { terminated: { exitCode: 0 } } }] },
  {
    metadata: {
      ...owned('ReplicaSet', 'web-old'),
      deletionTimestamp: '2026-11-21T05:00:00Z',
      finalizers: ['example.com/keep'],
    },
  },
);
const HTTP = 'failed: HTTP probe failed with statuscode: 503';
const REFUSED = 'failed: Get "http://10.0.0.1:9999/health": dial tcp 10.0.0.1:9999: connect: connection refused';
const on9999 = { ...container, readinessProbe: { httpGet: { path: '/health', port: 9999 }, periodSeconds: 2 } };
const refusing = pod('p1', running('2026-11-21T05:00:00Z', { ready: false }), {
  spec: { nodeName: 'node-1', containers: [on9999] },
});
const sidecar = { name: 'proxy', image: 'reg/proxy:v1', restartPolicy: 'Always' };

const release = 'release' as const;
const platform = 'platform' as const;
const transient = 'transient' as const;
/** One line a case: row, what, code, fault, objects, said after, acted after. */
const of = (
  row: number,
  what: string,
  code: string,
  fault: VerdictView['fault'],
  objects: RolloutObjects,
  actsAfterMs?: number,
  saidAfterMs = 0,
): FailureCase => ({
  row,
  what,
  code,
  fault,
  objects,
  saidAfterMs,
  ...(actsAfterMs === undefined ? {} : { actsAfterMs }),
});

// prettier-ignore -- a line a case: read down, it is the list
export const FAILURE_CASES: readonly FailureCase[] = [
  of(
    1,
    'a field that is not valid',
    'invalid_spec',
    release,
    refused('Deployment', 'web', { causes: [cause('spec.replicas', 'Invalid value: -1')] }),
    0,
  ),
  of(
    1,
    'a field that the cluster does not know',
    'invalid_spec',
    release,
    refused('Deployment', 'web', { status: 500, message: '.spec.nope: field not declared in schema' }),
    0,
  ),
  of(
    2,
    'another selector',
    'immutable_selector',
    release,
    refused('Deployment', 'web', {
      message: 'field is immutable',
      causes: [cause('spec.selector', 'field is immutable')],
    }),
    0,
  ),
  of(
    2,
    'another fixed field',
    'immutable_field',
    release,
    refused('Service', 'web', {
      message: 'spec.clusterIPs[0]: may not change once set',
      causes: [cause('spec.clusterIPs', 'may not change once set')],
    }),
    0,
  ),
  of(
    3,
    'a webhook that says no to the Deployment',
    'admission_denied',
    release,
    refused('Deployment', 'web', {
      status: 403,
      message: 'admission webhook "p.example.com" denied the request: no latest tags',
    }),
    0,
  ),
  of(
    3,
    'an admission policy that says no',
    'admission_denied',
    release,
    refused('Deployment', 'web', {
      message:
        "deployments.apps \"web\" is forbidden: ValidatingAdmissionPolicy 'no-root' with binding 'all' denied request: runs as root",
    }),
    0,
  ),
  of(
    4,
    'a webhook that is down',
    'admission_webhook_unreachable',
    platform,
    refused('Deployment', 'web', {
      status: 500,
      message: 'failed calling webhook "p.example.com": connection refused',
    }),
  ),
  of(
    5,
    'a right that is missing',
    'cluster_forbidden',
    platform,
    refused('Deployment', 'web', {
      status: 403,
      message: 'deployments.apps "web" is forbidden: User "d" cannot patch resource "deployments" in API group "apps"',
    }),
  ),
  of(
    5,
    'a right that the controller lacks',
    'cluster_forbidden',
    platform,
    forbidden('User "system:serviceaccount:kube-system:replicaset-controller" cannot create resource "pods"'),
  ),
  of(
    6,
    'a namespace that is not there',
    'namespace_missing',
    platform,
    refused('Deployment', 'web', { status: 404, message: 'namespaces "dev" not found' }),
  ),
  of(
    6,
    'a namespace that ends',
    'namespace_terminating',
    platform,
    refused('Service', 'web', { status: 403, causes: [cause('metadata.namespace', 'ending', 'NamespaceTerminating')] }),
  ),
  of(
    7,
    'an object of somebody else',
    'name_collision',
    release,
    refused('Deployment', 'web', { status: 409, message: 'already exists' }),
    0,
  ),
  of(
    7,
    'fields of somebody else',
    'foreign_owner',
    release,
    refused('Deployment', 'web', {
      status: 409,
      causes: [cause('.spec.replicas', 'conflict with "kubectl"', 'FieldManagerConflict')],
    }),
    0,
  ),
  of(
    8,
    'a node port in use',
    'node_port_taken',
    release,
    refused('Service', 'web', { message: 'provided port is already allocated' }),
    0,
  ),
  of(
    8,
    'a host and path in use',
    'route_taken',
    release,
    refused('Ingress', 'web', {
      status: 400,
      message:
        'admission webhook "validate.nginx.ingress.kubernetes.io" denied the request: host "shop.test" and path "/" is already defined in ingress dev/other',
    }),
    0,
  ),
  of(
    8,
    'a route that its Gateway does not take',
    'route_not_accepted',
    release,
    rollout(web, httpRoute('Accepted', 'NotAllowedByListeners')),
    60_000,
  ),
  of(
    1,
    'a kind that the cluster does not have',
    'unknown_kind',
    release,
    refused('Widget', 'web', { status: 404, message: 'the server could not find the requested resource' }),
    0,
  ),
  of(
    9,
    'a change at the same moment',
    'cluster_conflict',
    transient,
    refused('Deployment', 'web', {
      status: 409,
      message: 'the object has been modified; please apply your changes to the latest version',
    }),
  ),
  of(
    10,
    'an API server that is asked too often',
    'cluster_throttled',
    'unknown',
    refused('Deployment', 'web', { status: 429, message: 'too many requests' }),
  ),
  of(
    10,
    'an API server in trouble',
    'cluster_refused',
    'unknown',
    refused('Deployment', 'web', { status: 503, message: 'etcdserver: leader changed' }),
  ),
  of(
    11,
    'a quota, of a Deployment',
    'quota_exceeded',
    release,
    forbidden('exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9'),
    5_000,
  ),
  of(
    11,
    'a quota, of a StatefulSet',
    'quota_exceeded',
    release,
    other(
      'StatefulSet',
      statefulSet,
      event(
        statefulSet,
        'FailedCreate',
        'create Pod web-1 in StatefulSet web failed error: pods "web-1" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
      ),
    ),
    5_000,
  ),
  of(
    11,
    'a quota, of a DaemonSet',
    'quota_exceeded',
    release,
    other(
      'DaemonSet',
      daemonSet,
      event(
        daemonSet,
        'FailedCreate',
        'Error creating: pods "web-x" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
      ),
    ),
    5_000,
  ),
  of(
    11,
    'a quota that wants amounts',
    'quota_requests_missing',
    release,
    forbidden('failed quota: q: must specify limits.memory for: web'),
    0,
  ),
  of(
    12,
    'a limit range',
    'limit_range_violation',
    release,
    forbidden('maximum memory usage per Container is 128Mi, but limit is 1Gi'),
    0,
  ),
  of(
    12,
    'a limit range of shares',
    'limit_range_violation',
    release,
    forbidden('cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000'),
    0,
  ),
  of(
    13,
    'a pod security level',
    'pod_security_violation',
    release,
    forbidden(
      'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)',
    ),
    0,
  ),
  of(
    13,
    'a policy for pods',
    'admission_denied',
    release,
    uncreatable('admission webhook "validate.kyverno.svc-fail" denied the request: no latest tags'),
    0,
  ),
  of(13, 'an admission that nobody knows', 'admission_denied', release, forbidden('the image comes from elsewhere'), 0),
  of(13, 'words that nobody knows', 'pod_creation_failed', 'unknown', uncreatable('something nobody has seen')),
  of(
    14,
    'no such service account',
    'missing_service_account',
    release,
    forbidden('error looking up service account dev/runner: serviceaccount "runner" not found'),
    0,
  ),
  of(
    14,
    'no such priority class',
    'missing_priority_class',
    release,
    forbidden('no PriorityClass with name high was found'),
    0,
  ),
  of(
    14,
    'no such runtime class',
    'missing_runtime_class',
    release,
    forbidden('pod rejected: RuntimeClass "gvisor" not found'),
    0,
  ),
  of(
    15,
    'a ReplicaSet that cannot be made',
    'invalid_spec',
    release,
    rollout(
      deployment({
        status: {
          observedGeneration: 2,
          conditions: [
            {
              type: 'Progressing',
              status: 'False',
              reason: 'ReplicaSetCreateError',
              message: 'ReplicaSet.apps "web-x" is invalid: metadata.labels: Invalid value',
            },
          ],
        },
      }),
    ),
    0,
  ),
  of(
    16,
    'a controller that does not look',
    'controller_not_observing',
    platform,
    rollout(deployment({ status: { observedGeneration: 1 } })),
    undefined,
    30_000,
  ),
  of(
    17,
    'too much asked of the nodes',
    'unschedulable_resources',
    release,
    unplaced('0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available'),
    60_000,
  ),
  of(
    17,
    'a selector that no node meets',
    'unschedulable_affinity',
    release,
    unplaced("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."),
    60_000,
  ),
  of(
    17,
    'pods that will not stand together',
    'unschedulable_affinity',
    release,
    unplaced("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules."),
    60_000,
  ),
  of(
    17,
    'a spread that cannot be had',
    'unschedulable_topology_spread',
    release,
    unplaced("0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints."),
    60_000,
  ),
  of(
    17,
    'a port of the node in use',
    'host_port_taken',
    release,
    unplaced("0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports."),
    60_000,
  ),
  of(
    17,
    'nodes for others',
    'unschedulable_taint',
    platform,
    unplaced('0/1 nodes are available: 1 node(s) had untolerated taint(s).'),
  ),
  of(
    17,
    'closed nodes',
    'unschedulable_taint',
    platform,
    unplaced('0/1 nodes are available: 1 node(s) were unschedulable.'),
  ),
  of(17, 'no node at all', 'no_nodes', platform, unplaced('no nodes available to schedule pods')),
  of(
    17,
    'a reason that nobody knows',
    'unschedulable',
    'unknown',
    unplaced('0/1 nodes are available: 1 node(s) were odd.'),
  ),
  of(
    17,
    'a gate',
    'scheduling_gated',
    'none',
    rollout(
      pod(
        'p1',
        { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] },
        { spec: { containers: [container] } },
      ),
    ),
    undefined,
    15_000,
  ),
  of(
    17,
    'a scheduler that is not there',
    'scheduler_silent',
    platform,
    rollout(pod('p1', {}, { spec: { containers: [container] } })),
    undefined,
    15_000,
  ),
  of(
    17,
    'a node that does nothing',
    'node_not_responding',
    platform,
    rollout(pod('p1', { conditions: [{ type: 'PodScheduled', status: 'True' }] })),
    undefined,
    15_000,
  ),
  of(
    18,
    'a claim that nothing fills',
    'pvc_unbound',
    release,
    unplaced(
      '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
      claim,
      event(claim, 'ProvisioningFailed', 'storageclass.storage.k8s.io "fast" not found'),
    ),
    60_000,
  ),
  of(
    18,
    'a storage that does not deliver',
    'volume_provisioning_failed',
    platform,
    unplaced(
      '0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.',
      claim,
      event(claim, 'ProvisioningFailed', 'failed to provision volume: UnauthorizedOperation'),
    ),
  ),
  of(
    18,
    'a claim that is not there',
    'missing_pvc',
    release,
    unplaced('0/1 nodes are available: persistentvolumeclaim "data" not found.'),
    60_000,
  ),
  of(
    18,
    'a volume in another zone',
    'volume_zone_conflict',
    release,
    unplaced('0/3 nodes are available: 3 node(s) had volume node affinity conflict.'),
    60_000,
  ),
  of(
    19,
    'a Secret that a volume wants',
    'missing_secret_volume',
    release,
    told(creating, 'FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "web-tls" not found'),
    0,
  ),
  of(
    19,
    'a ConfigMap that a volume wants',
    'missing_configmap_volume',
    release,
    told(creating, 'FailedMount', 'MountVolume.SetUp failed for volume "c" : configmap "web" not found'),
    0,
  ),
  of(
    19,
    'a key that a volume wants',
    'missing_configmap_key',
    release,
    told(
      creating,
      'FailedMount',
      'MountVolume.SetUp failed for volume "c" : references non-existent config key: app.yaml',
    ),
    0,
  ),
  of(
    19,
    'a path of the node that is another',
    'volume_mount_failed',
    release,
    told(
      creating,
      'FailedMount',
      'MountVolume.SetUp failed for volume "h" : hostPath type check failed: /data is not a directory',
    ),
    90_000,
  ),
  of(
    19,
    'storage that does not answer',
    'volume_mount_failed',
    platform,
    told(creating, 'FailedMount', 'MountVolume.SetUp failed for volume "n" : mount failed: exit status 32'),
  ),
  of(
    19,
    'a volume held elsewhere',
    'volume_attach_failed',
    platform,
    told(
      creating,
      'FailedAttachVolume',
      'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) web-0',
    ),
  ),
  of(
    20,
    'a network without addresses',
    'sandbox_create_failed',
    platform,
    told(
      creating,
      'FailedCreatePodSandBox',
      'Failed to create pod sandbox: plugin type="aws-cni" failed (add): add cmd: failed to assign an IP address to container',
    ),
  ),
  of(
    21,
    'an image that is not there',
    'image_not_found',
    release,
    pulled('rpc error: code = NotFound desc = failed to pull and unpack image "reg/web:v1": reg/web:v1: not found'),
    0,
  ),
  of(
    22,
    'a registry that does not let in',
    'image_pull_unauthorized',
    release,
    pulled('pull access denied, repository does not exist or may require authorization: no basic auth credentials'),
    10_000,
  ),
  of(
    22,
    'a login that has expired',
    'image_pull_token_expired',
    platform,
    pulled('denied: Your authorization token has expired. Reauthenticate and try again.'),
  ),
  of(
    23,
    'a registry that limits',
    'registry_rate_limited',
    platform,
    pulled('toomanyrequests: You have reached your pull rate limit'),
  ),
  of(23, 'a registry that is down', 'registry_unreachable', platform, pulled('dial tcp 10.0.0.9:443: i/o timeout')),
  of(
    23,
    'a registry without a name',
    'registry_unreachable',
    platform,
    pulled('Head "https://r.test/v2/": dial tcp: lookup r.test on 10.96.0.10:53: no such host'),
  ),
  of(
    23,
    'a node without room',
    'node_disk_full',
    platform,
    pulled('write /var/lib/containerd/x: no space left on device'),
  ),
  of(
    23,
    'a container engine that is away',
    'container_runtime_failing',
    platform,
    pulled('the container engine does not answer: connect ECONNREFUSED /var/run/docker.sock'),
  ),
  of(
    23,
    'a container runtime that is away',
    'container_runtime_failing',
    platform,
    pulled(
      'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"',
    ),
  ),
  of(23, 'words that nobody knows', 'image_pull_failed', 'unknown', pulled('Failed to pull image: the moon is full')),
  of(
    24,
    'an image for other processors',
    'wrong_architecture',
    release,
    pulled('no match for platform in manifest sha256:aa: not found'),
    0,
  ),
  of(
    24,
    'a program for other processors',
    'exec_format_error',
    release,
    rollout(pod('p1', ended(1, 'Error', 0, 'exec /bin/app: exec format error'))),
    0,
  ),
  of(
    25,
    'a name that is none',
    'invalid_image_name',
    release,
    rollout(pod('p1', waiting('InvalidImageName', "couldn't parse image name"))),
    0,
  ),
  of(
    25,
    'an image that must not be pulled',
    'image_never_pull',
    release,
    rollout(
      pod('p1', waiting('ErrImageNeverPull', 'Container image "reg/web:v1" is not present with pull policy of Never')),
    ),
    0,
  ),
  of(
    25,
    'a signature that is not accepted',
    'image_signature_invalid',
    release,
    rollout(pod('p1', waiting('SignatureValidationFailed', 'image signature is not valid'))),
    0,
  ),
  of(
    26,
    'a ConfigMap that is not there',
    'missing_configmap',
    release,
    rollout(pod('p1', waiting('CreateContainerConfigError', 'configmap "web" not found'))),
    20_000,
  ),
  of(
    26,
    'a Secret that is not there',
    'missing_secret',
    release,
    rollout(pod('p1', waiting('CreateContainerConfigError', 'secret "web" not found'))),
    20_000,
  ),
  of(
    26,
    'a key that is not there',
    'missing_secret_key',
    release,
    rollout(pod('p1', waiting('CreateContainerConfigError', "couldn't find key URL in Secret dev/db"))),
    20_000,
  ),
  of(
    26,
    'a setting that is wrong',
    'container_config_error',
    release,
    rollout(pod('p1', waiting('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'))),
    20_000,
  ),
  of(27, 'a command that is not there', 'command_not_found', release, rollout(pod('p1', ended(127))), 0),
  of(27, 'a command that is no program', 'command_not_executable', release, rollout(pod('p1', ended(126))), 0),
  of(
    27,
    'a command that does not start',
    'container_cannot_run',
    release,
    rollout(
      pod(
        'p1',
        ended(
          128,
          'StartError',
          2,
          'failed to create shim task: unable to start container process: chdir to cwd ("/srv") failed',
        ),
      ),
    ),
    0,
  ),
  ...[
    'failed to create containerd task: failed to update store for object type *libnetwork.endpoint: open : no such file or directory',
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: no such file or directory"',
    'the container engine does not answer: connect ENOENT /var/run/docker.sock',
    'failed to reserve container name "web_shop-1_shop_0": name "web_shop-1_shop_0" is reserved for "4f1a"',
    'context deadline exceeded',
  ].flatMap((message) => [
    of(
      27,
      `a container runtime that is not well, at the start: ${message}`,
      'container_runtime_failing',
      platform,
      rollout(pod('p1', ended(128, 'StartError', 2, message))),
    ),
    of(
      27,
      `a container runtime that is not well, before the start: ${message}`,
      'container_runtime_failing',
      platform,
      rollout(pod('p1', waiting('CreateContainerError', message))),
    ),
  ]),
  of(
    28,
    'an init container',
    'init_container_crash',
    release,
    rollout(
      pod('p1', {
        initContainerStatuses: [
          { name: 'migrate', restartCount: 1, state: { terminated: { exitCode: 7, reason: 'Error' } } },
        ],
      }),
    ),
    0,
  ),
  of(
    28,
    'a sidecar',
    'crash_loop',
    release,
    rollout(
      pod(
        'p1',
        {
          initContainerStatuses: [
            { name: 'proxy', restartCount: 1, state: { terminated: { exitCode: 2, reason: 'Error' } } },
          ],
        },
        { spec: { nodeName: 'node-1', containers: [container], initContainers: [sidecar] } },
      ),
    ),
    0,
  ),
  of(
    29,
    'a postStart hook',
    'post_start_hook_error',
    release,
    told(ended(137, 'Error', 0), 'FailedPostStartHook', 'PostStartHook failed', { count: 2 }),
    0,
  ),
  of(30, 'a process that dies', 'crash_loop', release, rollout(pod('p1', ended(3))), 0),
  of(
    30,
    'a process that dies, in a StatefulSet',
    'crash_loop',
    release,
    other('StatefulSet', statefulSet, podOf(statefulSet, 'web-1', ended(3), { 'controller-revision-hash': 'web-2' })),
    0,
  ),
  of(
    30,
    'a process that dies, in a DaemonSet',
    'crash_loop',
    release,
    other('DaemonSet', daemonSet, podOf(daemonSet, 'web-a', ended(3))),
    0,
  ),
  of(31, 'too much memory', 'oom_killed', release, rollout(pod('p1', ended(137, 'OOMKilled'))), 0),
  of(32, 'a liveness probe', 'liveness_failing', release, killed('liveness', 2), 0),
  of(32, 'a startup probe', 'startup_failing', release, killed('startup', 2), 0),
  of(
    33,
    'an eviction',
    'pod_evicted',
    transient,
    rollout(pod('p1', { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' })),
  ),
  of(
    33,
    'an eviction for its own use',
    'storage_limit_exceeded',
    release,
    rollout(
      pod('p1', {
        phase: 'Failed',
        reason: 'Evicted',
        message: 'Usage of EmptyDir volume "cache" exceeds the limit "1Mi".',
      }),
    ),
    0,
  ),
  of(
    33,
    'a node that refuses a pod',
    'pod_rejected',
    transient,
    rollout(
      pod('p1', {
        phase: 'Failed',
        reason: 'OutOfcpu',
        message: 'Pod was rejected: Node didn’t have enough resource: cpu',
      }),
    ),
  ),
  of(
    33,
    'a preemption',
    'pod_preempted',
    transient,
    rollout(
      leaving(
        {},
        {
          conditions: [
            { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message: 'preempted' },
          ],
        },
      ),
    ),
  ),
  of(33, 'a deletion', 'pod_deleted', transient, rollout(leaving({})), undefined, 1_000),
  of(
    33,
    'a node that is lost',
    'node_lost',
    transient,
    rollout(pod('p1', { phase: 'Running', conditions: [{ type: 'Ready', status: 'Unknown' }] })),
  ),
  of(34, 'wrong answers', 'readiness_http_error', release, unready(HTTP), 6_000),
  of(
    34,
    'no answers',
    'readiness_timeout',
    release,
    unready('failed: Get "http://10.0.0.1:8080/health": context deadline exceeded (Client.Timeout exceeded)'),
    6_000,
  ),
  of(34, 'a check that fails', 'readiness_failing', release, unready('failed: cat: can’t open /tmp/ready'), 6_000),
  of(
    34,
    'nobody at a port that is not declared',
    'readiness_connection_refused',
    release,
    rollout(refusing, event(refusing, 'Unhealthy', `Readiness probe ${REFUSED}`, { count: 3 })),
    6_000,
  ),
  of(
    34,
    'a process on another port',
    'wrong_port',
    release,
    told(
      running('2026-11-21T05:00:00Z', { ready: false }),
      'WrongPort',
      'container web listens on 3000, not on its port 8080',
    ),
    10_000,
  ),
  of(
    34,
    'a start that takes its time',
    'slow_start',
    'none',
    rollout(pod('p1', running('2026-11-21T05:00:00Z', { ready: false }))),
    undefined,
    10_000,
  ),
  of(35, 'the cluster’s deadline alone', 'progress_deadline_exceeded', 'unknown', rollout(deadline)),
  of(35, 'the cluster’s deadline, with the cause', 'progress_deadline_exceeded', release, deadlineWithCause(), 0),
  of(36, 'ready and not, in turn', 'flapping_readiness', release, flapping(), 0),
  of(
    37,
    'no room beside the old pods',
    'quota_blocks_surge',
    platform,
    rollout(
      replicaSet({
        status: {
          conditions: [
            {
              type: 'ReplicaFailure',
              status: 'True',
              reason: 'FailedCreate',
              message:
                'pods "web-new-" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
            },
          ],
        },
      }),
      oldSet,
      pod('o1', {}, { metadata: owned('ReplicaSet', 'web-old') }),
      pod('o2', {}, { metadata: owned('ReplicaSet', 'web-old') }),
    ),
  ),
  of(38, 'an old pod that stays', 'old_pod_terminating', transient, rollout(oldSet, lingering), undefined, 5_000),
  of(
    39,
    'a pause',
    'deployment_paused',
    'none',
    rollout(deployment({ spec: { replicas: 2, paused: true, template } })),
  ),
  of(39, 'a Job that waits', 'job_suspended', 'none', other('Job', job({}, { suspend: true }))),
  of(
    40,
    'a StatefulSet that stalls',
    'image_not_found',
    release,
    other(
      'StatefulSet',
      statefulSet,
      podOf(statefulSet, 'web-1', waiting('ErrImagePull', 'manifest unknown'), { 'controller-revision-hash': 'web-2' }),
    ),
    0,
  ),
  of(
    40,
    'a StatefulSet that is held',
    'update_partitioned',
    'none',
    other(
      'StatefulSet',
      { ...statefulSet, spec: { replicas: 2, template, updateStrategy: { rollingUpdate: { partition: 1 } } } },
      podOf(statefulSet, 'web-0', running('2026-11-21T04:00:00Z'), { 'controller-revision-hash': 'web-1' }),
    ),
  ),
  of(
    40,
    'a DaemonSet that waits to be told',
    'update_on_delete',
    'none',
    other(
      'DaemonSet',
      { ...daemonSet, spec: { template, updateStrategy: { type: 'OnDelete' } } },
      pod(
        'web-a',
        {},
        { metadata: owned('DaemonSet', 'web'), spec: { containers: [{ ...container, image: 'reg/web:old' }] } },
      ),
    ),
  ),
  of(
    41,
    'a selector that selects nothing',
    'service_selector_mismatch',
    release,
    rollout(service({ selector: { app: 'webb' }, ports: [{ port: 80 }] }), slice),
    5_000,
  ),
  of(
    41,
    'a port that nobody declares',
    'service_port_mismatch',
    release,
    rollout(service({ selector: { app: 'web' }, ports: [{ port: 80, targetPort: 9999 }] }), slice),
  ),
  of(
    41,
    'a port that nobody has',
    'service_port_mismatch',
    release,
    rollout(service({ selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'grpc' }] }), slice),
    5_000,
  ),
  of(
    42,
    'an Ingress that nobody takes',
    'route_not_programmed',
    platform,
    rollout(web, ingress(80)),
    undefined,
    60_000,
  ),
  of(42, 'an Ingress to a port that is not there', 'route_backend_missing', release, rollout(web, ingress(81)), 60_000),
  of(
    42,
    'a route to a Service that is not there',
    'route_backend_missing',
    release,
    rollout(web, httpRoute('ResolvedRefs', 'BackendNotFound')),
    60_000,
  ),
  of(
    44,
    'other bits than were built',
    'image_digest_mismatch',
    release,
    rollout(pod('p1', running('2026-11-21T05:00:00Z', { imageID: `reg/web@sha256:${'b'.repeat(64)}`, image: DIGEST }))),
    0,
  ),
  of(
    45,
    'a Job that fails',
    'job_failed',
    release,
    other(
      'Job',
      job({
        conditions: [
          {
            type: 'Failed',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
          },
        ],
      }),
    ),
    0,
  ),
  of(
    45,
    'a Job that takes too long',
    'job_failed',
    release,
    other(
      'Job',
      job({
        conditions: [
          {
            type: 'Failed',
            status: 'True',
            reason: 'DeadlineExceeded',
            message: 'Job was active longer than specified deadline',
          },
        ],
      }),
    ),
    0,
  ),
  of(
    45,
    'the container of a Job',
    'job_failed',
    release,
    other('Job', job({ failed: 1 }), podOf(job({}), 'web-1', { ...ended(1, 'Error', 0), phase: 'Failed' })),
  ),
  of(
    47,
    'an autoscaler without metrics',
    'hpa_metrics_unavailable',
    platform,
    scaler(
      'ScalingActive',
      'FailedGetResourceMetric',
      'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
    ),
  ),
  of(
    47,
    'an autoscaler that waits for metrics',
    'hpa_metrics_unavailable',
    platform,
    scaler(
      'ScalingActive',
      'FailedGetResourceMetric',
      'did not receive metrics for targeted pods (pods might be unready)',
    ),
    undefined,
    60_000,
  ),
  of(
    47,
    'an autoscaler that cannot compute',
    'hpa_requests_missing',
    release,
    scaler(
      'ScalingActive',
      'FailedGetResourceMetric',
      'failed to get cpu utilization: missing request for cpu in container web of Pod web-1',
    ),
  ),
  of(
    47,
    'an autoscaler of nothing',
    'hpa_target_missing',
    release,
    scaler('AbleToScale', 'FailedGetScale', 'deployments.apps "web" not found'),
  ),
  of(
    48,
    'two autoscalers',
    'hpa_conflict',
    release,
    scaler('ScalingActive', 'AmbiguousSelector', 'pods by selector app=web are controlled by multiple HPAs'),
  ),
];

function deadlineWithCause(): RolloutObjects {
  const p1 = pod('p1', running('2026-11-21T05:00:00Z', { ready: false }));
  return rollout(deadline, p1, event(p1, 'Unhealthy', `Readiness probe ${HTTP}`, { count: 9 }));
}
