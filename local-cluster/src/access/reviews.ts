import { managerOf, sendJson, type ApiCall } from '../api/api-call.js';
import { timestamp } from '../api/deletion.js';
import type { ObjectRegistry } from '../api/object-registry.js';
import { parseBody, readBody } from '../api/request-body.js';
import { trackUpdate } from '../patch/managed-fields.js';
import { isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { badRequest, invalid } from '../store/status-error.js';
import type { Identity } from './identity.js';
import type { Attributes, PolicyRule } from './rbac.js';
import type { RequestAccess } from './request-access.js';
import { AUDIENCE } from './service-account-tokens.js';

/** Resources that are questions rather than objects: who am I, may I, whose token is this; and the request for a token. */
export const handleReview = async (call: ApiCall, access: RequestAccess): Promise<void> => {
  const { resource } = call.path;
  const { spec, object } = await bodyOf(call);
  const answer = (status: object): void => sendJson(call, 201, { ...object, status });
  switch (resource.kind) {
    case 'SelfSubjectReview':
      return sendJson(call, 201, {
        kind: resource.kind,
        apiVersion: resource.apiVersion,
        metadata: { creationTimestamp: timestamp() },
        status: { userInfo: call.user },
      });
    case 'SelfSubjectRulesReview':
      return sendJson(call, 201, {
        kind: resource.kind,
        apiVersion: resource.apiVersion,
        metadata: {},
        spec: {},
        status: rulesOf(access.roles.rulesOf(call.user, text(spec['namespace']))),
      });
    case 'TokenReview':
      return answer(tokenStatus(spec, access));
    case 'SelfSubjectAccessReview':
      return answer(access.roles.decide(call.user, askedIn(spec)));
    default:
      return answer(access.roles.decide(subjectOf(spec), askedIn(spec, call.path.namespace)));
  }
};

const bodyOf = async (call: ApiCall): Promise<{ spec: JsonObject; object: KubeObject }> => {
  const { resource, subresource } = call.path;
  const body = parseBody(await readBody(call.request), call.request.headers['content-type'] ?? 'application/json');
  if (!isObject(body)) throw badRequest('the body is not a review');
  const spec = isObject(body['spec']) ? body['spec'] : {};
  const virtual = resource.subresources.find(({ name }) => name === subresource);
  const object: KubeObject = {
    kind: virtual?.kind ?? resource.kind,
    apiVersion: virtual === undefined ? resource.apiVersion : `${virtual.group ?? ''}/${virtual.version ?? ''}`,
    metadata: {} as KubeObject['metadata'],
    spec,
  };
  trackUpdate(object, undefined, managerOf(call), subresource, timestamp());
  return { spec, object };
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Throws 422 where neither a resource nor a path is asked about. */
const askedIn = (spec: JsonObject, namespace?: string): Attributes => {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isObject(path)) return { verb: text(path['verb']), path: text(path['path']) };
  if (!isObject(resource))
    throw invalid('SubjectAccessReview', '', [
      {
        field: 'spec.resourceAttributes',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      },
    ]);
  return {
    verb: text(resource['verb']),
    group: text(resource['group']),
    resource: text(resource['resource']),
    subresource: text(resource['subresource']),
    namespace: namespace ?? text(resource['namespace']),
    name: text(resource['name']),
  };
};

const subjectOf = (spec: JsonObject): Identity => ({
  username: text(spec['user']),
  groups: Array.isArray(spec['groups']) ? spec['groups'].map(text) : [],
});

const rulesOf = (rules: readonly PolicyRule[]): object => ({
  resourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs === undefined),
  nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
  incomplete: false,
});

const tokenStatus = (spec: JsonObject, { tokens }: RequestAccess): object => {
  const { audiences } = spec;
  const found = tokens.identify(text(spec['token']), Array.isArray(audiences) ? audiences.map(text) : [AUDIENCE]);
  return found === undefined
    ? { user: {}, error: 'invalid bearer token' }
    : { authenticated: true, user: found.user, audiences: found.audiences };
};

const SHORTEST = 600;
const LONGEST = 2 ** 32;
const USUAL = 3600;

/** `serviceaccounts/token`. Throws 404 where there is no such account, 422 for a life that is too short or too long. */
export const handleTokenRequest = async (
  call: ApiCall,
  registry: ObjectRegistry,
  { tokens }: RequestAccess,
): Promise<void> => {
  const { resource, namespace, name = '' } = call.path;
  const account = registry.get(resource, namespace, name);
  const { spec, object } = await bodyOf(call);
  const seconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : USUAL;
  if (seconds < SHORTEST || seconds > LONGEST)
    throw invalid(
      'TokenRequest',
      '',
      [
        {
          field: 'spec.expirationSeconds',
          reason: 'FieldValueInvalid',
          message: `Invalid value: ${String(seconds)}: may not specify a duration ${seconds < SHORTEST ? 'less than 10 minutes' : 'larger than 2^32 seconds'}`,
        },
      ],
      'authentication.k8s.io',
    );
  const asked = Array.isArray(spec['audiences']) ? spec['audiences'].map(text) : [];
  const audiences = asked.length > 0 ? asked : [AUDIENCE];
  const now = new Date();
  sendJson(call, 201, {
    ...object,
    metadata: {
      name,
      namespace,
      uid: account.metadata.uid,
      creationTimestamp: timestamp(),
      managedFields: object.metadata.managedFields,
    },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: {
      token: tokens.issue(account, audiences, seconds, now),
      expirationTimestamp: new Date(now.getTime() + seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  });
};
