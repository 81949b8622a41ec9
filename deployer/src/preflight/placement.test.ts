/** What pods ask of each other, against the nodes and the pods that are there. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { manifest, node, Scene, shop, told } from './testing/question.js';

const HOST = 'kubernetes.io/hostname';
const own = { matchLabels: { 'aws-deployer.io/application': 'shop' } };
const term = (labelSelector: object, topologyKey = HOST) => ({ topologyKey, labelSelector });
const rules = (kind: 'podAffinity' | 'podAntiAffinity', ...terms: object[]) => ({
  affinity: { [kind]: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const spread = (more: object = {}) => ({
  topologySpreadConstraints: [
    { topologyKey: HOST, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', labelSelector: own, ...more },
  ],
});
const wanting = (replicas: number, pod: object, workload: object = {}) =>
  shop({ replicas, ...workload }, (spec) => Object.assign(spec, pod));
const running = (name: string, nodeName: string, labels: object, spec: object = {}) =>
  manifest(
    'v1',
    'Pod',
    name,
    { spec: { nodeName, containers: [], ...spec }, status: { phase: 'Running' } },
    { labels },
  );
const scene = (manifests: Scene['manifests']): Scene => Object.assign(new Scene(), { manifests });
const sentence = async (of: Scene) => (await of.ask()).find(({ state }) => state === 'fail')?.message;

test('pods that keep away from each other find one place on each node', async () => {
  const pod = rules('podAntiAffinity', term(own));
  expect(told(await scene(wanting(2, pod)).ask())).toEqual([]);
  const three = scene(wanting(3, pod));
  expect(told(await three.ask())).toEqual(['fail unschedulable_affinity']);
  expect(await sentence(three)).toBe(
    'Only 2 of 3 pods of Deployment shop find room: 2 of 2 runs a pod that this one must not stand beside (anti-affinity over kubernetes.io/hostname).',
  );
});

test('a rolling update of pods that keep away from each other has no place for one more', async () => {
  const pod = rules('podAntiAffinity', term(own));
  const stuck = scene(wanting(2, pod));
  stuck.running(wanting(2, pod));
  expect(await sentence(stuck)).toContain('none of the old may go first (maxUnavailable 0)');
  stuck.put(node('node-3'));
  expect(told(await stuck.ask())).toEqual([]);
});

test('pods that run already keep others away, as they ask for it and where they are', async () => {
  const one = scene(wanting(1, spread()));
  const alone = rules('podAntiAffinity', term(own));
  one.put(running('a', 'node-1', {}, alone));
  expect(told(await one.ask())).toEqual([]);
  one.put(running('b', 'node-2', {}, alone));
  expect(await sentence(one)).toContain('runs a pod that keeps this one away');
  one.put({ ...running('b', 'node-2', {}, alone), metadata: { name: 'b', namespace: 'other' } });
  one.cluster.objects.delete('Pod/dev/b');
  expect(told(await one.ask())).toEqual([]);
});

test('a pod that must stand beside another needs that one, unless it is the first of its own kind', async () => {
  const cache = scene(wanting(3, rules('podAffinity', term({ matchLabels: { app: 'cache' } }))));
  expect(await sentence(cache)).toContain('runs no pod that this one must stand beside');
  cache.put(running('cache', 'node-2', { app: 'cache' }));
  expect(told(await cache.ask())).toEqual([]);
  expect(told(await scene(wanting(3, rules('podAffinity', term(own)))).ask())).toEqual([]);
});

test('a group that stands together is begun where it fits', async () => {
  const together = rules('podAffinity', term(own));
  const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
  const one = scene(wanting(3, together, cpu('1')));
  expect(told(await one.ask())).toEqual(['fail unschedulable_resources']);
  one.put(node('node-2', { cpu: '4' }));
  expect(told(await one.ask())).toEqual([]);
});

test('a topology spread counts a node that is full or tainted, unless it is told not to', async () => {
  const requests = { resources: { requests: { cpu: '100m' } } };
  const full = (more: object) => {
    const of = scene(wanting(4, spread(more), requests));
    of.put(node('node-2', { cpu: '100m' }));
    return of;
  };
  expect(await sentence(full({}))).toContain('would make the pods too uneven');
  expect(told(await full({}).ask())).toEqual(['fail unschedulable_resources']);
  expect(told(await full({ maxSkew: 2 }).ask())).toEqual([]);
  expect(told(await full({ whenUnsatisfiable: 'ScheduleAnyway' }).ask())).toEqual([]);
  const tainted = (more: object) => {
    const of = scene(wanting(2, spread(more)));
    of.put(node('node-2', { spec: { taints: [{ key: 'team', effect: 'NoSchedule' }] } }));
    return of;
  };
  expect(told(await tainted({}).ask())).toEqual(['fail unschedulable_topology_spread']);
  expect(told(await tainted({ nodeTaintsPolicy: 'Honor' }).ask())).toEqual([]);
});

test('a taint that the pod tolerates is no obstacle, and one that it does not leaves less room', async () => {
  const taint = { key: 'team', value: 'data', effect: 'NoSchedule' };
  const resources = { resources: { requests: { cpu: '1500m' } } };
  const of = (tolerations: readonly object[]) => {
    const one = scene(wanting(2, { tolerations }, resources));
    one.put(node('node-2', { spec: { taints: [taint] } }));
    return one;
  };
  expect(told(await of([]).ask())).toEqual(['fail unschedulable_resources']);
  expect(told(await of([{ key: 'team', operator: 'Equal', value: 'data' }]).ask())).toEqual([]);
});

test('terms that choose namespaces by labels, and preferences, stop nothing', async () => {
  const selected = { ...term(own), namespaceSelector: { matchLabels: { team: 'a' } } };
  expect(told(await scene(wanting(9, rules('podAffinity', selected))).ask())).toEqual([]);
  expect(told(await scene(wanting(9, rules('podAntiAffinity', selected))).ask())).toEqual([]);
  const preferred = { affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{}] } } };
  expect(told(await scene(wanting(9, preferred)).ask())).toEqual([]);
});

test('property: as many pods as there are nodes are placed evenly, one more where the skew lets it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 12 }), async (nodes, replicas) => {
      const of = scene(wanting(replicas, { ...spread(), ...rules('podAntiAffinity', term(own)) }));
      of.cluster.objects.delete('Node//node-1');
      of.cluster.objects.delete('Node//node-2');
      for (let index = 0; index < nodes; index += 1) of.put(node(`n-${String(index)}`));
      expect(told(await of.ask())).toEqual(replicas <= nodes ? [] : ['fail unschedulable_affinity']);
      of.manifests = wanting(replicas, spread());
      expect(told(await of.ask())).toEqual([]);
    }),
    { numRuns: 25 },
  );
});
