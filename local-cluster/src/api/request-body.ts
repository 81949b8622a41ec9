import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { StatusError, badRequest } from '../store/status-error.js';
import { jsonOfProtobuf } from './protobuf-body.js';

/** Characters of a body that an error repeats. */
const SHOWN = 256;
const LIMIT = 3 * 1024 * 1024;

/**
 * The text of a request; protobuf becomes the JSON it stands for, also in the request's content type. Throws StatusError 413
 * above 3 MiB, as the real server's limit.
 */
export const readBody = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT) throw new StatusError(413, 'RequestEntityTooLarge', `limit is ${LIMIT}`);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  if (!(request.headers['content-type'] ?? '').startsWith('application/vnd.kubernetes.protobuf'))
    return body.toString('utf8');
  request.headers['content-type'] = 'application/json';
  return jsonOfProtobuf(body);
};

const unknownMedia = (): StatusError =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  );

/** JSON or YAML by its content type; another one is 415. */
export const parseBody = (text: string, contentType: string, kind?: string): unknown => {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (!/^application\/(.*\+)?(json|yaml)$/.test(type)) throw unknownMedia();
  if (text === '') return undefined;
  try {
    return type.endsWith('yaml') && !text.trimStart().startsWith('{')
      ? (parse(text, { version: '1.1', uniqueKeys: false }) as unknown)
      : (JSON.parse(text) as unknown);
  } catch (error) {
    const why = `couldn't get version/kind; json parse error: ${goWords(text, error)}`;
    throw badRequest(
      kind === undefined
        ? why
        : `the object provided is unrecognized (must be of type ${kind}): ${why} (${text.slice(0, SHOWN)})`,
    );
  }
};

/** What Go's decoder says where a text ends too early; another mistake is told in this machine's own words. */
const goWords = (text: string, error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error);
  const at = Number(/at position (\d+)/.exec(message)?.[1] ?? Number.NaN);
  return /end of JSON/.test(message) || at >= text.trimEnd().length ? 'unexpected end of JSON input' : message;
};

/**
 * Keys that stand twice in one object, as paths: JSON.parse keeps the last and says nothing, strict decoding names them.
 */
export const duplicateKeys = (text: string): string[] => {
  const found: string[] = [];
  const stack: { keys: Set<string>; path: string; index: number | undefined; key: string }[] = [];
  for (const match of text.matchAll(/"((?:[^"\\]|\\.)*)"(\s*:)?|[{}[\],]/g)) {
    const top = stack.at(-1);
    const [token, string, colon] = match;
    if (token === '{' || token === '[')
      stack.push({
        keys: new Set(),
        path: top === undefined ? '' : childPath(top),
        index: token === '[' ? 0 : undefined,
        key: '',
      });
    else if (token === '}' || token === ']') stack.pop();
    else if (token === ',') {
      if (top?.index !== undefined) top.index += 1;
    } else if (colon !== undefined && top !== undefined && string !== undefined) {
      top.key = string;
      if (top.keys.has(string)) found.push(childPath(top));
      top.keys.add(string);
    }
  }
  return found;
};

const childPath = (at: { path: string; index: number | undefined; key: string }): string =>
  at.index === undefined ? (at.path === '' ? at.key : `${at.path}.${at.key}`) : `${at.path}[${at.index}]`;
