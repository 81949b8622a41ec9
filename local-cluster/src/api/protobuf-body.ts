/**
 * Protobuf bodies read as the JSON they stand for: the kinds of protobuf-messages.ts, which are those that kubectl sends.
 * Everything else of kubectl's travels as JSON.
 *
 * Throws StatusError 415 for another kind or a field that would be lost, 400 for bytes that are no protobuf.
 */
import { KINDS, type Field, type Message } from './protobuf-messages.js';
import { StatusError, badRequest, isStatusError } from '../store/status-error.js';

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
  if (message === undefined) throw unread(kind);
  return JSON.stringify({ apiVersion, kind, ...read(Buffer.from(raw ?? '', 'base64'), message) });
};

const read = (bytes: Buffer, message: Message): Record<string, unknown> => {
  const object: Record<string, unknown> = {};
  for (const [number, value] of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) {
      if (isNothing(value)) continue;
      throw unread(`a body with field ${String(number)} of a message that is only known in part`);
    }
    add(object, field, value);
  }
  return object;
};

/** Go writes what was not set as nothing: empty texts and messages, zeros. */
const add = (object: Record<string, unknown>, { name, type, list, inline }: Field, value: Buffer | number): void => {
  if (type === 'stringMap' || type === 'bytesMap' || type === 'quantityMap') {
    const entry = read(value as Buffer, {
      1: { name: 'key', type: 'string' },
      2: { name: 'value', type: type === 'stringMap' ? 'string' : type === 'bytesMap' ? 'bytes' : 'quantity' },
    });
    object[name] = { ...(object[name] as object | undefined), [textOf(entry['key'])]: entry['value'] ?? '' };
    return;
  }
  const plain = plainOf(value, type);
  if (inline) Object.assign(object, plain);
  else if (list) object[name] = [...((object[name] as unknown[] | undefined) ?? []), plain];
  else if (plain !== '' && plain !== undefined) object[name] = plain;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const plainOf = (value: Buffer | number, type: Field['type']): unknown => {
  if (typeof value === 'number') {
    if (type === 'count' || type === 'flag') return value === 0 ? undefined : type === 'flag' ? true : value;
    return type === 'bool' ? value !== 0 : value;
  }
  if (type === 'string') return value.toString('utf8');
  if (type === 'bytes') return value.toString('base64');
  if (type === 'quantity') return textOf(read(value, { 1: { name: 'text', type: 'string' } })['text']);
  if (type === 'intOrString') {
    const { kind = 0, number = 0, text = '' } = read(value, INT_OR_STRING);
    return kind === 0 ? (number === 0 ? undefined : number) : text;
  }
  return typeof type === 'object' ? read(value, type) : undefined;
};
const INT_OR_STRING: Message = {
  1: { name: 'kind', type: 'int' },
  2: { name: 'number', type: 'int' },
  3: { name: 'text', type: 'string' },
};

const isNothing = (value: Buffer | number): boolean => {
  if (typeof value === 'number') return value === 0;
  try {
    return [...fieldsOf(value)].every(([, inner]) => isNothing(inner));
  } catch (error) {
    if (isStatusError(error)) return false; // a text, not a message
    throw error;
  }
};

const unread = (what: string): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `${what} is not read as protobuf by this cluster: send JSON or YAML (kubectl apply does)`,
    {},
  );

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
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw badRequest('the protobuf body is shorter than it says');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield [number, varint()];
        break;
      case 1:
        yield [number, take(8)];
        break;
      case 2:
        yield [number, take(varint())];
        break;
      case 5:
        yield [number, take(4)];
        break;
      default:
        throw badRequest('the body is not protobuf');
    }
  }
}
