import { expect, test } from 'vitest';
import { jsonOfProtobuf } from './protobuf-body.js';

/** Length-delimited field. */
const field = (number: number, value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
};
const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([Buffer.from('k8s\0'), field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])), field(2, raw)]);

test('a ConfigMap, with its maps and without what Go left empty', () => {
  const metadata = Buffer.concat([
    field(1, 'x'),
    field(2, ''),
    field(11, Buffer.concat([field(1, 'app'), field(2, 'web')])),
  ]);
  const raw = Buffer.concat([
    field(1, metadata),
    field(2, Buffer.concat([field(1, 'a'), field(2, 'b')])),
    Buffer.from([4 * 8, 1]),
  ]);
  expect(JSON.parse(jsonOfProtobuf(envelope('v1', 'ConfigMap', raw)))).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'x', labels: { app: 'web' } },
    data: { a: 'b' },
    immutable: true,
  });
});

test("a Secret's bytes are base64, as its JSON has them", () => {
  const raw = Buffer.concat([
    field(1, field(1, 's')),
    field(2, Buffer.concat([field(1, 'k'), field(2, Buffer.from([0, 255]))])),
  ]);
  expect(JSON.parse(jsonOfProtobuf(envelope('v1', 'Secret', raw)))).toMatchObject({ data: { k: 'AP8=' } });
});

test('numbers that may be texts, quantities and rules without their wrapper are as in JSON', () => {
  const percent = Buffer.concat([Buffer.from([1 * 8, 1]), field(3, '50%')]);
  const budget = field(2, Buffer.concat([field(1, Buffer.from([1 * 8, 0, 2 * 8, 2])), field(3, percent)]));
  expect(JSON.parse(jsonOfProtobuf(envelope('policy/v1', 'PodDisruptionBudget', budget)))).toMatchObject({
    spec: { minAvailable: 2, maxUnavailable: '50%' },
  });
  const hard = Buffer.concat([field(1, 'cpu'), field(2, field(1, '2'))]);
  expect(JSON.parse(jsonOfProtobuf(envelope('v1', 'ResourceQuota', field(2, field(1, hard)))))).toMatchObject({
    spec: { hard: { cpu: '2' } },
  });
  const rule = Buffer.concat([field(1, 'a.localhost'), field(2, field(1, field(1, field(1, '/'))))]);
  expect(
    JSON.parse(jsonOfProtobuf(envelope('networking.k8s.io/v1', 'Ingress', field(2, field(3, rule))))),
  ).toMatchObject({
    spec: { rules: [{ host: 'a.localhost', http: { paths: [{ path: '/' }] } }] },
  });
});

test('a field that would be lost is refused; one that holds nothing is not', () => {
  const empty = Buffer.concat([field(2, Buffer.alloc(0)), field(9, field(1, ''))]);
  expect(JSON.parse(jsonOfProtobuf(envelope('batch/v1', 'Job', field(2, field(6, field(2, empty))))))).toMatchObject({
    spec: { template: { spec: { containers: [{}] } } },
  });
  const volumes = field(1, field(1, 'data'));
  expect(() => jsonOfProtobuf(envelope('batch/v1', 'Job', field(2, field(6, field(2, volumes)))))).toThrow(
    /field 1 of/,
  );
});

test('another kind, and what is no protobuf, are refused in words', () => {
  expect(() => jsonOfProtobuf(envelope('apps/v1', 'DaemonSet', Buffer.alloc(0)))).toThrow(
    /DaemonSet is not read as protobuf/,
  );
  expect(() => jsonOfProtobuf(Buffer.from('{"kind":"Pod"}'))).toThrow(/does not begin/);
  expect(() => jsonOfProtobuf(Buffer.from('k8s\0\x0a\x7f'))).toThrow(/shorter than it says/);
});
