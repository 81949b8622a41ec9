/**
 * The failures of a rollout that are rejected at the API, refused as pods or cannot start (29 of them, numbered as in the list
 * that the verdicts follow), one case each: which of them the preflight tells before a pod starts. At least 90 %.
 * It is in one file: the table is the claim.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { afterAll, expect, test } from 'vitest';
import { firstContainer, foundImage, IMAGE, manifest, node, Scene, shop, told } from './testing/question.js';

interface Case {
  readonly row: number;
  readonly what: string;
  readonly given: (scene: Scene) => void;
  /** `state code`; null: it is not foreseen. */
  readonly says: string | null;
}
const quota = (hard: object, used: object) =>
  manifest('v1', 'ResourceQuota', 'team', { spec: { hard }, status: { hard, used } });
const requests = { requests: { cpu: '500m', memory: '64Mi' } };
const withPod = (change: (pod: Record<string, unknown>) => void) => (scene: Scene) => {
  scene.manifests = shop({}, change);
};
const image =
  (code: string, message: string, kind: 'invalid' | 'unavailable' = 'invalid') =>
  (scene: Scene) => {
    scene.images = [{ image: IMAGE, outcome: 'refused', error: new AppError(kind, code, message) }];
  };

const CASES: readonly Case[] = [
  {
    row: 1,
    what: 'invalid spec',
    given: (scene) =>
      scene.refuse('Deployment', 422, {
        reason: 'Invalid',
        message:
          'Deployment.apps "shop" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        details: { causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: -1', field: 'spec.replicas' }] },
      }),
    says: 'fail invalid_spec',
  },
  {
    row: 2,
    what: 'immutable selector',
    given: (scene) =>
      scene.refuse('Deployment', 422, {
        reason: 'Invalid',
        message: 'Deployment.apps "shop" is invalid: spec.selector: Invalid value: {}: field is immutable',
        details: { causes: [{ reason: 'FieldValueInvalid', message: 'field is immutable', field: 'spec.selector' }] },
      }),
    says: 'fail immutable_selector',
  },
  {
    row: 3,
    what: 'webhook denies',
    given: (scene) =>
      scene.refuse('Deployment', 403, {
        message: 'admission webhook "policy.example" denied the request: no owner label',
      }),
    says: 'fail admission_denied',
  },
  {
    row: 4,
    what: 'webhook down',
    given: (scene) =>
      scene.refuse('Deployment', 500, {
        message: 'Internal error occurred: failed calling webhook "policy.example": timeout',
      }),
    says: 'fail admission_webhook_unreachable',
  },
  {
    row: 5,
    what: 'RBAC',
    given: (scene) =>
      scene.refuse('Service', 403, {
        reason: 'Forbidden',
        message: 'services "shop" is forbidden: User "d" cannot patch resource "services" in API group ""',
      }),
    says: 'fail cluster_forbidden',
  },
  {
    row: 6,
    what: 'namespace terminating',
    given: (scene) =>
      scene.put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'dev', deletionTimestamp: '2026-11-21T02:59:00Z' },
      }),
    says: 'fail namespace_terminating',
  },
  {
    row: 7,
    what: 'name collision',
    given: (scene) =>
      scene.put(manifest('apps/v1', 'Deployment', 'shop', { spec: {} }, { managedFields: [{ manager: 'helm' }] })),
    says: 'fail name_collision',
  },
  {
    row: 8,
    what: 'host and path taken',
    given: (scene) => {
      scene.manifests = shop({ route: { host: 'shop.example', path: '/' } });
      const rules = [{ host: 'shop.example', http: { paths: [{ path: '/' }] } }];
      scene.put(manifest('networking.k8s.io/v1', 'Ingress', 'old', { spec: { rules } }, { namespace: 'other' }));
    },
    says: 'fail route_taken',
  },
  {
    row: 9,
    what: 'fields of another actor',
    given: (scene) =>
      scene.refuse('Deployment', 409, {
        reason: 'Conflict',
        message: 'Apply failed with 1 conflict',
        details: {
          causes: [
            {
              reason: 'FieldManagerConflict',
              message: 'conflict with "kubectl-set"',
              field: '.spec.template.spec.containers[name="web"].image',
            },
          ],
        },
      }),
    says: 'fail foreign_owner',
  },
  {
    row: 10,
    what: 'API unreachable',
    given: (scene) => {
      scene.cluster.get = () => Promise.reject(new AppError('unavailable', 'cluster_unreachable', 'refused'));
    },
    says: 'unknown cluster_unreachable',
  },
  {
    row: 11,
    what: 'quota exceeded',
    given: (scene) => {
      scene.manifests = shop({ replicas: 3, resources: requests });
      scene.put(quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1' }));
    },
    says: 'fail quota_exceeded',
  },
  {
    row: 12,
    what: 'limit range',
    given: (scene) => {
      scene.manifests = shop({ resources: { limits: { memory: '512Mi' } } });
      const limits = [{ type: 'Container', max: { memory: '256Mi' } }];
      scene.put(manifest('v1', 'LimitRange', 'team', { spec: { limits } }));
    },
    says: 'fail limit_range_violation',
  },
  {
    row: 13,
    what: 'pod security',
    given: (scene) =>
      scene.put({
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'dev', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      }),
    says: 'fail pod_security_violation',
  },
  {
    row: 14,
    what: 'service account missing',
    given: withPod((pod) => (pod['serviceAccountName'] = 'robot')),
    says: 'fail missing_service_account',
  },
  {
    row: 15,
    what: 'no new ReplicaSet may be made',
    given: (scene) => scene.put(quota({ 'count/replicasets.apps': '5' }, { 'count/replicasets.apps': '5' })),
    says: 'fail quota_exceeded',
  },
  {
    row: 16,
    what: 'controller does not observe',
    given: (scene) => {
      scene.running();
      const [live] = [...scene.cluster.objects.values()].filter(({ kind }) => kind === 'Deployment');
      if (live) scene.put({ ...live, metadata: { ...live.metadata, generation: 2 } });
    },
    says: 'warn controller_not_observing',
  },
  {
    row: 17,
    what: 'unschedulable',
    given: (scene) => (scene.manifests = shop({ resources: { requests: { cpu: '64' } } })),
    says: 'fail unschedulable_resources',
  },
  {
    row: 18,
    what: 'claim of a missing storage class',
    given: (scene) => {
      const claim = manifest('v1', 'PersistentVolumeClaim', 'data', { spec: { storageClassName: 'fast' } });
      const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
      scene.manifests = [...shop({}, (pod) => (pod['volumes'] = volumes)), claim];
    },
    says: 'fail pvc_unbound',
  },
  {
    row: 19,
    what: 'secret volume missing',
    given: withPod((pod) => (pod['volumes'] = [{ name: 'tls', secret: { secretName: 'shop-tls' } }])),
    says: 'fail missing_secret_volume',
  },
  {
    row: 20,
    what: 'no addresses for sandboxes',
    given: (scene) =>
      scene.put(
        manifest('v1', 'Event', 'e1', {
          reason: 'FailedCreatePodSandBox',
          message: 'plugin failed to assign an IP address to container',
          lastTimestamp: '2026-11-21T02:58:00Z',
        }),
      ),
    says: 'warn sandbox_create_failed',
  },
  { row: 21, what: 'image not found', given: image('image_not_found', 'no such tag'), says: 'fail image_not_found' },
  {
    row: 22,
    what: 'pull denied',
    given: image('image_auth_failed', '401 Unauthorized'),
    says: 'fail image_pull_unauthorized',
  },
  {
    row: 23,
    what: 'registry limits pulls',
    given: image('registry_unreachable', '429 toomanyrequests', 'unavailable'),
    says: 'warn registry_rate_limited',
  },
  {
    row: 24,
    what: 'wrong architecture',
    given: (scene) => (scene.images = [foundImage({ architectures: ['arm64'] })]),
    says: 'fail wrong_architecture',
  },
  {
    row: 25,
    what: 'never pulled',
    given: withPod((pod) => (firstContainer(pod)['imagePullPolicy'] = 'Never')),
    says: 'fail image_never_pull',
  },
  {
    row: 26,
    what: 'key of a config map missing',
    given: (scene) => {
      const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'a' } } }];
      scene.manifests = shop({}, (pod) => (firstContainer(pod)['env'] = env));
      scene.put(manifest('v1', 'ConfigMap', 'settings', { data: { b: '1' } }));
    },
    says: 'fail missing_configmap_key',
  },
  {
    row: 27,
    what: 'nothing to execute',
    given: (scene) => (scene.images = [foundImage({ startsSomething: false })]),
    says: 'fail container_cannot_run',
  },
  // What a program does when it runs is not known before it runs.
  {
    row: 28,
    what: 'init container exits 1',
    given: withPod((pod) => (pod['initContainers'] = [{ name: 'migrate', image: IMAGE, command: ['false'] }])),
    says: null,
  },
  {
    row: 29,
    what: 'hook exits 1',
    given: withPod((pod) => (firstContainer(pod)['lifecycle'] = { postStart: { exec: { command: ['false'] } } })),
    says: null,
  },
];

const foreseen = new Set<number>();
test.each(CASES)('row $row, $what: $says', async ({ row, given, says }) => {
  const scene = new Scene();
  given(scene);
  const said = told(await scene.ask());
  if (says === null) expect(said).toEqual([]);
  else {
    expect(said).toContain(says);
    foreseen.add(row);
  }
});
test('a release that has nothing wrong is told nothing', async () => {
  const scene = new Scene();
  scene.running();
  scene.manifests = shop({ replicas: 2, resources: requests, route: { host: 'shop.example' } });
  const checks = await scene.ask();
  expect(told(checks)).toEqual([]);
  expect(checks.length).toBeGreaterThan(12);
});
test('every case is one row, and 90 % of them are foreseen', () => {
  expect(CASES.map(({ row }) => row)).toEqual(Array.from({ length: 29 }, (_, index) => index + 1));
  expect(foreseen.size / CASES.length).toBeGreaterThanOrEqual(0.9);
});
afterAll(() => {
  const share = Math.round((foreseen.size / CASES.length) * 100);
  console.log(`foreseen before a pod starts: ${String(foreseen.size)} of ${String(CASES.length)} (${String(share)} %)`);
});

test('a node port in use, and a namespace that is yet to be made', async () => {
  const scene = new Scene();
  scene.namespace = 'new';
  scene.manifests = shop({ service_type: 'NodePort', node_port: 30_080 }).map((one) =>
    one.kind === 'Namespace'
      ? { ...one, metadata: { ...one.metadata, name: 'new' } }
      : { ...one, metadata: { ...one.metadata, namespace: 'new' } },
  );
  scene.refuse('Service', 422, {
    message: 'Service "x" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
  });
  const checks = await scene.ask();
  expect(told(checks)).toContain('fail node_port_taken');
  expect(checks.find(({ name }) => name === 'namespace')).toMatchObject({
    state: 'ok',
    message: 'The namespace new will be made.',
  });
});

test('nodes that are kept for other work, or that no selector matches', async () => {
  const scene = new Scene();
  scene.put(
    node('node-1', { spec: { taints: [{ key: 'team', value: 'ml', effect: 'NoSchedule' }] } }),
    node('node-2', { spec: { unschedulable: true } }),
  );
  expect(told(await scene.ask())).toEqual(['fail unschedulable_taint']);
  const selecting = new Scene();
  selecting.manifests = shop({}, (pod) => (pod['nodeSelector'] = { disk: 'ssd' }));
  expect(told(await selecting.ask())).toEqual(['fail unschedulable_affinity']);
});

test('where nodes are added by themselves, a pod that none of them can take is only warned of', async () => {
  const scene = new Scene();
  scene.put(node('node-1', { labels: { 'karpenter.sh/nodepool': 'general' } }));
  scene.manifests = shop({ resources: { requests: { cpu: '64' } } });
  const checks = await scene.ask();
  expect(told(checks)).toEqual(['warn unschedulable_resources']);
  expect(checks.find(({ name }) => name === 'scheduling')?.mend).toContain('add nodes by itself');
});
