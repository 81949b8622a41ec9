import { expect, test } from 'vitest';
import type { Manifest } from '../ports/cluster.js';
import { diffObject, DIGEST_TO_COME } from './object-diff.js';

const RELEASES = ['01890000-0000-7000-8000-aaaa11112222', '01890000-0000-7000-8000-bbbb33334444'] as const;
const deployment = (
  release: string,
  image: string,
  env: { name: string; value?: string; valueFrom?: object }[],
): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'shop',
    namespace: 'dev',
    labels: { 'aws-deployer.io/release': release },
    annotations: { 'aws-deployer.io/deployment': `d-${release}` },
  },
  spec: { template: { spec: { containers: [{ name: 'web', image, env }] } } },
});
/** As the server shows it: its own fields and defaults. */
const served = (object: Manifest): Manifest => ({
  ...object,
  metadata: {
    ...object.metadata,
    uid: 'u',
    resourceVersion: '7',
    generation: 3,
    managedFields: [{ manager: 'x' }],
    annotations: { ...object.metadata.annotations, 'deployment.kubernetes.io/revision': '4' },
  },
  spec: { ...(object['spec'] as object), progressDeadlineSeconds: 600 },
  status: { replicas: 2 },
});
const [before, after] = RELEASES;

test('defaults, status, managed fields and the release’s own names are no changes', () => {
  const live = served(
    deployment(before, 'r/shop:1', [
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'shop-11112222', key: 'KEY' } } },
    ]),
  );
  const desired = deployment(after, 'r/shop:1', [
    { name: 'KEY', valueFrom: { secretKeyRef: { name: 'shop-33334444', key: 'KEY' } } },
  ]);
  expect(diffObject({ live, desired, result: served(desired) })).toMatchObject({ change: 'unchanged', fields: [] });
  expect(diffObject({ live, desired })).toMatchObject({ change: 'unchanged', fields: [] });
});

test('before and after of a field; an image that is not built yet says so', () => {
  const live = served(deployment(before, 'r/shop@sha256:aa', []));
  const desired = deployment(after, `r/shop@${DIGEST_TO_COME}`, []);
  expect(diffObject({ live, desired, result: served(desired) })).toEqual({
    kind: 'Deployment',
    name: 'shop',
    namespace: 'dev',
    change: 'changed',
    fields: [
      {
        path: 'spec.template.spec.containers[web].image',
        change: 'changed',
        before: 'r/shop@sha256:aa',
        after: 'r/shop (to be built)',
      },
    ],
  });
});

test('variables that are named like secrets are masked, changed or added whole; references are not', () => {
  const live = served(deployment(before, 'i', [{ name: 'DB_PASSWORD', value: 'old-hunter2' }]));
  const desired = deployment(after, 'i', [
    { name: 'DB_PASSWORD', value: 'new-hunter3' },
    { name: 'API_TOKEN', value: 'hunter4-token' },
    { name: 'REF', valueFrom: { secretKeyRef: { name: 'db', key: 'k' } } },
    { name: 'URL', value: 'postgres://u:hunter5@h/db' },
  ]);
  const diff = diffObject({ live, desired, result: served(desired) });
  expect(JSON.stringify(diff)).not.toMatch(/hunter\d/);
  const at = (path: string) => diff.fields.find((field) => field.path.endsWith(path));
  expect(at('env[DB_PASSWORD].value')).toMatchObject({ change: 'changed', before: '[masked]', after: '[masked]' });
  expect(at('env[API_TOKEN].value')).toMatchObject({ change: 'added', after: '[masked]' });
  expect(at('env[REF].valueFrom')).toMatchObject({ after: { secretKeyRef: { name: 'db', key: 'k' } } });
});

test('a Secret shows its keys and never a value', () => {
  const secret = (value: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'dev' },
    data: { plain: value },
  });
  const diff = diffObject({ live: secret('b2xkb2xk'), desired: secret('bmV3bmV3'), result: secret('bmV3bmV3') });
  expect(diff.fields).toEqual([{ path: 'data.plain', change: 'changed', before: '[masked]', after: '[masked]' }]);
  expect(JSON.stringify(diffObject({ live: undefined, desired: secret('bmV3bmV3') }))).not.toContain('bmV3');
});

test('a new object is told whole; one that is made anew says so', () => {
  const desired = deployment(after, 'i', []);
  expect(diffObject({ live: undefined, desired })).toMatchObject({ change: 'created' });
  const marked = diffObject({ live: undefined, desired }).fields.map(({ path }) => path);
  expect(marked.some((path) => path.includes('aws-deployer.io/'))).toBe(false);
  expect(diffObject({ live: served(desired), desired, recreated: true })).toMatchObject({ change: 'recreated' });
});

test('rights that the platform takes away or gives back by itself are explained, and nothing else is', () => {
  const of = (rights: object, image: string) => {
    const made = deployment(after, image, []);
    const { metadata } = made;
    const labels = { ...metadata.labels, 'app.kubernetes.io/managed-by': 'aws-deployer' };
    const containers = [{ name: 'web', image, securityContext: { allowPrivilegeEscalation: false, ...rights } }];
    return { ...made, metadata: { ...metadata, labels }, spec: { template: { spec: { containers } } } };
  };
  const none = { runAsNonRoot: true, capabilities: { drop: ['ALL'] } };
  const [few, many] = [of(none, 'i:2'), of({}, 'i:1')];
  const notesOf = (live: Manifest, desired: Manifest) =>
    diffObject({ live, desired, result: desired }).fields.map(({ path, note }) => [
      path.split('[web].')[1],
      note ?? '',
    ]);
  expect(notesOf(many, few)).toEqual([
    ['image', ''],
    ['securityContext.runAsNonRoot', expect.stringContaining('starts without these rights')],
    ['securityContext.capabilities', ''], // said once
  ]);
  expect(notesOf(few, many)[1]).toEqual([
    'securityContext.runAsNonRoot',
    expect.stringContaining('no longer names its user'),
  ]);
});
