/**
 * The protobuf bodies that kubectl sends for `create namespace|configmap|secret|deployment`, `create serviceaccount` and
 * `auth can-i`, read as the JSON they stand for. Only these kinds: field numbers are those of Kubernetes' generated.proto,
 * and everything else of kubectl's travels as JSON.
 *
 * Throws StatusError 415 for another kind, 400 for bytes that are no protobuf.
 */
import { StatusError, badRequest } from '../store/status-error.js';

type Field =
  | {
      readonly name: string;
      readonly type: 'string' | 'bytes' | 'bool' | 'int' | 'stringMap' | 'bytesMap';
      readonly list?: true;
    }
  | { readonly name: string; readonly type: Message; readonly list?: true };
interface Message {
  readonly [number: number]: Field;
}

const META: Message = {
  1: { name: 'name', type: 'string' },
  2: { name: 'generateName', type: 'string' },
  3: { name: 'namespace', type: 'string' },
  5: { name: 'uid', type: 'string' },
  6: { name: 'resourceVersion', type: 'string' },
  11: { name: 'labels', type: 'stringMap' },
  12: { name: 'annotations', type: 'stringMap' },
  14: { name: 'finalizers', type: 'string', list: true },
};
const RESOURCE_ATTRIBUTES: Message = {
  1: { name: 'namespace', type: 'string' },
  2: { name: 'verb', type: 'string' },
  3: { name: 'group', type: 'string' },
  4: { name: 'version', type: 'string' },
  5: { name: 'resource', type: 'string' },
  6: { name: 'subresource', type: 'string' },
  7: { name: 'name', type: 'string' },
};
const CONTAINER: Message = {
  1: { name: 'name', type: 'string' },
  2: { name: 'image', type: 'string' },
  3: { name: 'command', type: 'string', list: true },
  4: { name: 'args', type: 'string', list: true },
  6: {
    name: 'ports',
    type: {
      1: { name: 'name', type: 'string' },
      3: { name: 'containerPort', type: 'int' },
      4: { name: 'protocol', type: 'string' },
    },
    list: true,
  },
};
const POD_TEMPLATE: Message = {
  1: { name: 'metadata', type: META },
  2: {
    name: 'spec',
    type: { 2: { name: 'containers', type: CONTAINER, list: true }, 3: { name: 'restartPolicy', type: 'string' } },
  },
};
const KINDS: Readonly<Record<string, Message>> = {
  'v1/Namespace': {
    1: { name: 'metadata', type: META },
    2: { name: 'spec', type: { 1: { name: 'finalizers', type: 'string', list: true } } },
  },
  'v1/ConfigMap': {
    1: { name: 'metadata', type: META },
    2: { name: 'data', type: 'stringMap' },
    3: { name: 'binaryData', type: 'bytesMap' },
    4: { name: 'immutable', type: 'bool' },
  },
  'v1/Secret': {
    1: { name: 'metadata', type: META },
    2: { name: 'data', type: 'bytesMap' },
    3: { name: 'type', type: 'string' },
    4: { name: 'stringData', type: 'stringMap' },
    5: { name: 'immutable', type: 'bool' },
  },
  'apps/v1/Deployment': {
    1: { name: 'metadata', type: META },
    2: {
      name: 'spec',
      type: {
        1: { name: 'replicas', type: 'int' },
        2: { name: 'selector', type: { 1: { name: 'matchLabels', type: 'stringMap' } } },
        3: { name: 'template', type: POD_TEMPLATE },
      },
    },
  },
  'v1/ServiceAccount': { 1: { name: 'metadata', type: META } },
  'authorization.k8s.io/v1/SelfSubjectAccessReview': {
    1: { name: 'metadata', type: META },
    2: {
      name: 'spec',
      type: {
        1: { name: 'resourceAttributes', type: RESOURCE_ATTRIBUTES },
        2: {
          name: 'nonResourceAttributes',
          type: { 1: { name: 'path', type: 'string' }, 2: { name: 'verb', type: 'string' } },
        },
      },
    },
  },
  'authorization.k8s.io/v1/SelfSubjectRulesReview': {
    1: { name: 'metadata', type: META },
    2: { name: 'spec', type: { 1: { name: 'namespace', type: 'string' } } },
  },
};

const MAGIC = Buffer.from('k8s\0');
const ENVELOPE: Message = {
  1: { name: 'typeMeta', type: { 1: { name: 'apiVersion', type: 'string' }, 2: { name: 'kind', type: 'string' } } },
  2: { name: 'raw', type: 'bytes' },
};

/** The JSON text of a protobuf body. */
export const jsonOfProtobuf = (body: Buffer): string => {
  if (!body.subarray(0, 4).equals(MAGIC)) throw badRequest('the body does not begin as Kubernetes protobuf does');
  const { typeMeta, raw } = read(body.subarray(4), ENVELOPE) as {
    typeMeta?: { apiVersion?: string; kind?: string };
    raw?: string;
  };
  const { apiVersion = '', kind = '' } = typeMeta ?? {};
  const message = KINDS[`${apiVersion}/${kind}`];
  if (message === undefined)
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      `${kind} is not read as protobuf by this cluster: send JSON or YAML (kubectl apply does)`,
      {},
    );
  return JSON.stringify({ apiVersion, kind, ...read(Buffer.from(raw ?? '', 'base64'), message) });
};

const read = (bytes: Buffer, message: Message): Record<string, unknown> => {
  const object: Record<string, unknown> = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) continue;
    if (field.type === 'stringMap' || field.type === 'bytesMap') {
      const entry = read(value as Buffer, {
        1: { name: 'key', type: 'string' },
        2: { name: 'value', type: field.type === 'stringMap' ? 'string' : 'bytes' },
      });
      object[field.name] = {
        ...(object[field.name] as object | undefined),
        [textOf(entry['key'])]: entry['value'] ?? '',
      };
      continue;
    }
    const plain = plainOf(value, field.type);
    // Go writes empty strings where nothing was set.
    if (field.list) object[field.name] = [...((object[field.name] as unknown[] | undefined) ?? []), plain];
    else if (plain !== '') object[field.name] = plain;
  }
  return object;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const plainOf = (value: Buffer | number, type: Exclude<Field['type'], 'stringMap' | 'bytesMap'>): unknown => {
  if (typeof value === 'number') return type === 'bool' ? value !== 0 : value;
  if (type === 'string') return value.toString('utf8');
  if (type === 'bytes') return value.toString('base64');
  return typeof type === 'object' ? read(value, type) : undefined;
};

/** Number and raw value of each field: bytes for length-delimited ones, a number for varints. */
function* fieldsOf(bytes: Buffer): Generator<readonly [number, Buffer | number]> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      const byte = bytes[at];
      if (byte === undefined) throw badRequest('the protobuf body ends in the middle of a number');
      at += 1;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw badRequest('the protobuf body holds a number of more than 64 bits');
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield [number, varint()];
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        if (at + length > bytes.length) throw badRequest('the protobuf body is shorter than it says');
        yield [number, bytes.subarray(at, at + length)];
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw badRequest('the body is not protobuf');
    }
  }
}
