/** The smallest rollout of a Deployment `web` in `dev`, as Kubernetes would show it, and what the engine says of it. For tests. */
import type { Manifest } from '../ports/cluster.js';
import { VerdictEngine, type Judgement } from '../deployments/verdict/engine.js';
import { RolloutObjects, type RolloutTarget } from '../deployments/verdict/snapshot.js';

export const NOW = Date.parse('2026-11-21T05:00:00Z');
export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const TARGET: RolloutTarget = {
  namespace: 'dev',
  kind: 'Deployment',
  name: 'web',
  services: ['web'],
  namePrefix: '',
  imageDigest: DIGEST,
};
export const container = {
  name: 'web',
  image: `reg/web@${DIGEST}`,
  ports: [{ name: 'http', containerPort: 8080 }],
  readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 2, failureThreshold: 3 },
  resources: { requests: { memory: '100Mi' }, limits: { memory: '128Mi' } },
};
export const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [container] } };
export const object = (kind: string, name: string, more: object): Manifest => {
  const { metadata = {}, ...rest } = more as { metadata?: object };
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'dev', uid: `${kind}-${name}`, ...metadata }, ...rest };
};
export const owned = (kind: string, name: string) => ({
  ownerReferences: [{ uid: `${kind}-${name}`, kind, name, controller: true }],
});
export const deployment = (more: object = {}): Manifest =>
  object('Deployment', 'web', {
    metadata: { generation: 2 },
    spec: { replicas: 2, template },
    status: { observedGeneration: 2 },
    ...more,
  });
export const replicaSet = (more: object = {}): Manifest =>
  object('ReplicaSet', 'web-new', { metadata: owned('Deployment', 'web'), spec: { replicas: 2, template }, ...more });
export const oldSet = object('ReplicaSet', 'web-old', {
  metadata: owned('Deployment', 'web'),
  spec: { replicas: 2, template: { ...template, spec: { containers: [{ ...container, image: 'reg/web:old' }] } } },
});
export const pod = (name: string, status: object = {}, more: object = {}): Manifest =>
  object('Pod', name, {
    metadata: { ...owned('ReplicaSet', 'web-new'), labels: { app: 'web' } },
    spec: { nodeName: 'node-1', containers: [container] },
    status: { phase: 'Pending', ...status },
    ...more,
  });
export const running = (startedAt: string, more: object = {}) => ({
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
  containerStatuses: [{ name: 'web', restartCount: 0, state: { running: { startedAt } }, ...more }],
});
export const waiting = (reason: string, message: string, more: object = {}) => ({
  containerStatuses: [
    { name: 'web', restartCount: 0, image: 'reg/web:v1', state: { waiting: { reason, message } }, ...more },
  ],
});
let events = 0;
export const event = (about: Manifest, reason: string, message: string, more: object = {}): Manifest => {
  events += 1;
  const { kind, metadata } = about;
  return object('Event', `e${String(events)}`, {
    involvedObject: { kind, name: metadata.name, uid: metadata.uid },
    reason,
    message,
    type: 'Warning',
    count: 1,
    ...more,
  });
};

export const rollout = (...more: Manifest[]): RolloutObjects => {
  const objects = new RolloutObjects(TARGET);
  const fresh = (kind: string): boolean =>
    !more.some((manifest) => manifest.kind === kind && manifest.metadata.name !== 'web-old');
  for (const manifest of [
    ...(fresh('Deployment') ? [deployment()] : []),
    ...(fresh('ReplicaSet') ? [replicaSet()] : []),
    ...more,
  ])
    objects.observe({ type: 'ADDED', object: manifest });
  return objects;
};
/** The judgement now, and after `ms` more. */
export const judge = (objects: RolloutObjects, ms = 0, late = false): Judgement => {
  const engine = new VerdictEngine();
  const first = engine.judge([objects.at(NOW)], late);
  return ms === 0 ? first : engine.judge([objects.at(NOW + ms)], late);
};
