import { checkFields } from '../admission/field-check.js';
import { schemaOfKind } from '../openapi/schema-catalog.js';
import { resourceOfKind } from '../resources/resource-definition.js';
import { isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { StatusError, badRequest, invalid, isStatusError } from '../store/status-error.js';
import { dryRunOf, fieldValidationOf, managerOf, sendJson, warnIn, type ApiCall } from './api-call.js';
import type { DeleteOptions } from './deletion.js';
import type { ObjectRegistry } from './object-registry.js';
import { storedForm, versioned } from './conversion.js';
import { presentOne } from './presentation.js';
import { duplicateKeys, parseBody, readBody } from './request-body.js';
import { selectorOf } from './list-request.js';

/** POST, PUT and DELETE of whole objects. */
export const decodeObject = (call: ApiCall, text: string, options: 'CreateOptions' | 'UpdateOptions'): KubeObject => {
  const { resource, namespace, name } = call.path;
  const validation = fieldValidationOf(call, options);
  const contentType = call.request.headers['content-type'] ?? 'application/json';
  const body = parseBody(text, contentType, resource.kind);
  if (!isObject(body))
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: the body is not an object`,
    );
  const object: JsonObject = { apiVersion: resource.apiVersion, kind: resource.kind, ...body };
  if (
    object['kind'] !== resource.kind &&
    resourceOfKind(String(object['apiVersion']), String(object['kind'])) !== undefined
  )
    throw badRequest(
      `${String(object['kind'])} in version "${resource.version}" cannot be handled as a ${resource.kind}: ` +
        `converting (${resource.version}.${String(object['kind'])}) to (${resource.group === '' ? 'core' : resource.group}.${resource.kind}): unknown conversion`,
    );
  if (object['kind'] !== resource.kind || object['apiVersion'] !== resource.apiVersion)
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ` +
        `the API version in the data (${String(object['apiVersion'])}) does not match the expected API version (${resource.apiVersion})`,
    );
  const checked = checkFields(object, schemaOfKind(resource.apiVersion, resource.kind), {
    kind: resource.kind,
    version: resource.version,
  });
  const problems = [
    ...checked.unknown,
    ...(contentType.includes('json') ? duplicateKeys(text).map((path) => `duplicate field "${path}"`) : []),
  ];
  if (problems.length > 0 && validation === 'Strict')
    throw badRequest(
      `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: strict decoding error: ${problems.join(', ')}`,
    );
  if (validation === 'Warn') call.warnings.push(...problems);
  const decoded = checked.object as unknown as KubeObject;
  const metadata = isObject(decoded.metadata) ? decoded.metadata : { name: '' };
  if (namespace !== undefined) {
    if ((metadata.namespace ?? '') !== '' && metadata.namespace !== namespace)
      throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
    metadata.namespace = namespace;
  }
  if (name !== undefined && metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name ?? ''}) does not match the name on the URL (${name})`);
  return storedForm(resource, { ...decoded, metadata });
};

export const handleCreate = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const text = await readBody(call.request);
  const dryRun = dryRunOf(call, 'CreateOptions');
  const object = decodeObject(call, text, 'CreateOptions');
  const created = registry.create(call.path.resource, object, {
    manager: managerOf(call),
    user: call.user,
    dryRun,
    warn: warnIn(call),
  });
  sendJson(call, 201, presentOne(call, created));
};

export const handleUpdate = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const { resource, namespace, name = '', subresource } = call.path;
  const text = await readBody(call.request);
  const dryRun = dryRunOf(call, 'UpdateOptions');
  const object = decodeObject(call, text, 'UpdateOptions');
  const context = { manager: managerOf(call), user: call.user, dryRun, subresource, warn: warnIn(call) };
  try {
    sendJson(
      call,
      200,
      presentOne(
        call,
        registry.update(resource, namespace, name, () => object, context),
      ),
    );
  } catch (error) {
    if (!isStatusError(error, 'NotFound') || !CREATED_BY_PUT.has(resource.key)) throw error;
    sendJson(call, 201, presentOne(call, registry.create(resource, object, context)));
  }
};
/** Few kinds may be made by a PUT. */
const CREATED_BY_PUT = new Set([
  'core/events',
  'coordination.k8s.io/leases',
  'rbac.authorization.k8s.io/roles',
  'rbac.authorization.k8s.io/rolebindings',
  'rbac.authorization.k8s.io/clusterroles',
  'rbac.authorization.k8s.io/clusterrolebindings',
  'core/limitranges',
  'core/endpoints',
]);

/** Kinds whose DELETE answers the object even when it is gone at once. */
const ANSWERS_OBJECT = new Set([
  'core/pods',
  'core/services',
  'core/serviceaccounts',
  'core/podtemplates',
  'core/persistentvolumeclaims',
  'core/persistentvolumes',
  'core/resourcequotas',
]);

interface DeleteBody {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: string;
  readonly orphanDependents?: boolean;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly dryRun?: readonly string[];
}

const deleteOptions = (call: ApiCall, body: DeleteBody): DeleteOptions => {
  const grace =
    body.gracePeriodSeconds ??
    (call.query.has('gracePeriodSeconds') ? Number(call.query.get('gracePeriodSeconds')) : undefined);
  const orphan =
    body.orphanDependents ??
    (call.query.has('orphanDependents') ? call.query.get('orphanDependents') === 'true' : undefined);
  const policy =
    body.propagationPolicy ??
    call.query.get('propagationPolicy') ??
    (orphan === undefined ? undefined : orphan ? 'Orphan' : 'Background');
  if (policy !== undefined && policy !== 'Background' && policy !== 'Foreground' && policy !== 'Orphan')
    throw invalid(
      'DeleteOptions',
      '',
      [
        {
          field: 'propagationPolicy',
          reason: 'FieldValueNotSupported',
          message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
        },
      ],
      'meta.k8s.io',
    );
  return { gracePeriodSeconds: grace, propagationPolicy: policy, preconditions: body.preconditions };
};

const readDeleteBody = async (call: ApiCall): Promise<DeleteBody> => {
  const text = await readBody(call.request);
  return text === '' ? {} : (parseBody(text, call.request.headers['content-type'] ?? 'application/json') ?? {});
};

/** Old clients of Jobs expect their pods to stay; who wants otherwise must say so. */
const orphaning = (call: ApiCall, options: DeleteOptions): DeleteOptions => {
  warnIn(call)(
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  );
  return { ...options, propagationPolicy: 'Orphan' };
};

export const handleDelete = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const { resource, namespace, name = '' } = call.path;
  const body = await readDeleteBody(call);
  const options = deleteOptions(call, body);
  const { object, gone } = registry.delete(
    resource,
    namespace,
    name,
    options.propagationPolicy === undefined && resource.key === 'batch/jobs' ? orphaning(call, options) : options,
    dryRunOf(call, 'DeleteOptions', body.dryRun),
  );
  if (!gone || ANSWERS_OBJECT.has(resource.key)) {
    sendJson(call, 200, presentOne(call, object));
    return;
  }
  sendJson(call, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name,
      ...(resource.group === '' ? {} : { group: resource.group }),
      kind: resource.plural,
      uid: object.metadata.uid,
    },
  });
};

export const handleDeleteCollection = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const { resource, namespace } = call.path;
  const body = await readDeleteBody(call);
  const options = deleteOptions(call, body);
  const dryRun = dryRunOf(call, 'DeleteOptions', body.dryRun);
  const holds = selectorOf(call);
  const items = registry.store
    .list(resource.key, namespace)
    .filter(holds)
    .map(({ metadata }) => registry.delete(resource, metadata.namespace, metadata.name, options, dryRun).object);
  sendJson(call, 200, {
    kind: `${resource.kind}List`,
    apiVersion: resource.apiVersion,
    metadata: { resourceVersion: String(registry.store.currentVersion) },
    items: items.map((object) => {
      const { apiVersion: _version, kind: _kind, ...item } = versioned(resource, object);
      return item;
    }),
  });
};

export const methodNotAllowed = (): StatusError =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
