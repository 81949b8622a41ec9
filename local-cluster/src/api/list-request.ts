import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { StatusError, badRequest } from '../store/status-error.js';
import { refuseOption, sendJson, type ApiCall } from './api-call.js';
import { presentList } from './presentation.js';
import { fieldSelector, labelSelector, type Selector } from './selectors.js';

/** Lists and the checks of `resourceVersion` that lists, gets and watches share. */
export const selectorOf = ({ path, query }: ApiCall): Selector => {
  const labels = labelSelector(query.get('labelSelector'));
  const fields = fieldSelector(query.get('fieldSelector'), path.resource.key);
  const { name } = path;
  return (object) => (name === undefined || object.metadata.name === name) && labels(object) && fields(object);
};

/** The asked version as a number, undefined for none. Throws 400, 504 for one that does not exist yet. */
export const askedVersion = (call: ApiCall, current: number): number | undefined => {
  const text = call.query.get('resourceVersion') ?? '';
  if (text === '') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequest(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const version = Number(text);
  if (version > current) throw tooLarge(version, current);
  return version;
};

const tooLarge = (version: number, current: number): StatusError =>
  new StatusError(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

interface Continue {
  readonly version: number;
  readonly after: readonly [string, string];
}

const decodeContinue = (token: string): Continue => {
  try {
    const parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as Partial<Continue>;
    if (typeof parsed.version === 'number' && Array.isArray(parsed.after)) return parsed as Continue;
  } catch (error) {
    throw badRequest(`continue key is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw badRequest('continue key is not valid');
};

const keyOf = ({ metadata }: KubeObject): readonly [string, string] => [metadata.namespace ?? '', metadata.name];
const isAfter = (object: KubeObject, [namespace, name]: readonly [string, string]): boolean => {
  const [itsNamespace, itsName] = keyOf(object);
  return itsNamespace === namespace ? itsName > name : itsNamespace > namespace;
};

const checkMatch = (call: ApiCall): void => {
  const match = call.query.get('resourceVersionMatch') ?? '';
  const version = call.query.get('resourceVersion') ?? '';
  if (match === '') return;
  const refuse = (message: string, reason = 'FieldValueForbidden'): never =>
    refuseOption('ListOptions', { field: 'resourceVersionMatch', reason, message });
  if (version === '') refuse('Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan')
    refuse(
      `Unsupported value: ${JSON.stringify(match)}: supported values: "Exact", "NotOlderThan", ""`,
      'FieldValueNotSupported',
    );
  if (match === 'Exact' && version === '0')
    refuse('Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
};

export const handleList = (call: ApiCall, store: ObjectStore): void => {
  checkMatch(call);
  const current = store.currentVersion;
  askedVersion(call, current);
  const { path, query } = call;
  const holds = selectorOf(call);
  const limit = Number(query.get('limit') ?? 0);
  const token = query.get('continue') ?? '';
  const from = token === '' ? undefined : decodeContinue(token);
  const all = store
    .list(path.resource.key, path.namespace)
    .filter((object) => holds(object) && (from === undefined || isAfter(object, from.after)));
  const version = from?.version ?? current;
  const page = limit > 0 ? all.slice(0, limit) : all;
  const last = page.at(-1);
  const more = page.length < all.length && last !== undefined;
  const selected = (query.get('labelSelector') ?? '') !== '' || (query.get('fieldSelector') ?? '') !== '';
  const metadata = {
    resourceVersion: String(version),
    ...(more ? { continue: Buffer.from(JSON.stringify({ version, after: keyOf(last) })).toString('base64url') } : {}),
    ...(more && !selected ? { remainingItemCount: all.length - page.length } : {}),
  };
  sendJson(call, 200, presentList(call, page, metadata));
};
