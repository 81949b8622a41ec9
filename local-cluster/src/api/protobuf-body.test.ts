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

test('another kind, and what is no protobuf, are refused in words', () => {
  expect(() => jsonOfProtobuf(envelope('batch/v1', 'Job', Buffer.alloc(0)))).toThrow(/Job is not read as protobuf/);
  expect(() => jsonOfProtobuf(Buffer.from('{"kind":"Pod"}'))).toThrow(/does not begin/);
  expect(() => jsonOfProtobuf(Buffer.from('k8s\0\x0a\x7f'))).toThrow(/shorter than it says/);
});
