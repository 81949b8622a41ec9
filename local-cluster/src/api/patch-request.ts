import { attributesOf, type RequestAccess } from '../access/request-access.js';
import { checkFields } from '../admission/field-check.js';
import { schemaOfKind } from '../openapi/schema-catalog.js';
import { applyJsonPatch } from '../patch/json-patch.js';
import { applyMergePatch } from '../patch/merge-patch.js';
import { applyConfiguration } from '../patch/server-side-apply.js';
import { applyStrategicMergePatch } from '../patch/strategic-merge-patch.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import { isObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { StatusError, badRequest, invalid } from '../store/status-error.js';
import { dryRunOf, fieldValidationOf, managerOf, refuseOption, sendJson, warnIn, type ApiCall } from './api-call.js';
import { storedForm, versioned } from './conversion.js';
import { timestamp } from './deletion.js';
import type { ObjectRegistry } from './object-registry.js';
import { presentOne } from './presentation.js';
import { parseBody, readBody } from './request-body.js';

const STRATEGIC = 'application/strategic-merge-patch+json';

/** PATCH: four content types, one object. */
export const handlePatch = async (call: ApiCall, registry: ObjectRegistry, access: RequestAccess): Promise<void> => {
  const { resource, namespace, name = '', subresource } = call.path;
  const type = (call.request.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  const text = await readBody(call.request);
  const dryRun = dryRunOf(call, 'PatchOptions');
  if (type === 'application/apply-patch+yaml') {
    if (registry.store.get(resource.key, namespace, name) === undefined)
      access.require(call.user, attributesOf(call.path, 'POST', false));
    const { object, created } = applyTo(call, registry, parseBody(text, type), dryRun);
    sendJson(call, created ? 201 : 200, presentOne(call, object));
    return;
  }
  if (call.query.get('force') !== null)
    refuseOption('PatchOptions', {
      field: 'force',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
    });
  const validation = fieldValidationOf(call, 'PatchOptions');
  const patch = parseBody(text, 'application/json');
  const context = { manager: managerOf(call), user: call.user, dryRun, subresource, warn: warnIn(call) };
  const object = registry.update(
    resource,
    namespace,
    name,
    (stored) => {
      const served = versioned(resource, stored);
      const patched = patchObject(type, served, patch, resource);
      const checked = checkFields(patched, schemaOfKind(resource.apiVersion, resource.kind), {
        kind: resource.kind,
        version: resource.version,
      });
      if (checked.unknown.length > 0 && validation === 'Strict')
        throw strictlyRefused(type, patch, patched, checked.unknown);
      if (validation === 'Warn') for (const warning of checked.unknown) warnIn(call)(warning);
      const patchedTo = checked.object as unknown as KubeObject;
      if (patchedTo.metadata.uid !== stored.metadata.uid) throw uidKept(resource, name, patchedTo.metadata.uid ?? '');
      return storedForm(resource, patchedTo);
    },
    context,
  );
  sendJson(call, 200, presentOne(call, object));
};

/** Applies one non-apply patch to any JSON object. Throws 415 for a content type that is none of them. */
export const patchObject = (
  type: string,
  target: KubeObject,
  patch: unknown,
  resource: ResourceDefinition,
): KubeObject => {
  switch (type) {
    case 'application/json-patch+json':
      return applyJsonPatch(target, patch);
    case 'application/merge-patch+json':
      return requireObject(applyMergePatch(target, requireObject(patch)));
    case STRATEGIC:
      return requireObject(
        applyStrategicMergePatch(target, requireObject(patch), schemaOfKind(resource.apiVersion, resource.kind)),
      );
    default:
      throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
};

const requireObject = (value: unknown): KubeObject => {
  if (!isObject(value))
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  return value as unknown as KubeObject;
};

/** Said twice: by the rules of all objects and by those of an update. */
const uidKept = ({ kind, group }: ResourceDefinition, name: string, uid: string): StatusError => {
  const problem = {
    field: 'metadata.uid',
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(uid)}: field is immutable`,
  };
  return invalid(kind, name, [problem, problem], group);
};

/** A value as Go prints it. */
const goText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (value === null) return '<nil>';
  if (!isObject(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `map[${members.map((key) => `${key}:${goText(value[key])}`).join(' ')}]`;
};

/** A merge patch is shown as what it leads to, a strategic one as Go prints the patch itself. */
const strictlyRefused = (type: string, patch: unknown, patched: unknown, unknown: readonly string[]): StatusError =>
  invalid('', '', [
    {
      field: 'patch',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(type === STRATEGIC ? goText(patch) : JSON.stringify(patched))}: strict decoding error: ${unknown.join(', ')}`,
    },
  ]);

const applyTo = (
  call: ApiCall,
  registry: ObjectRegistry,
  body: unknown,
  dryRun: boolean,
): { object: KubeObject; created: boolean } => {
  const { resource, namespace, name = '', subresource } = call.path;
  const manager = call.query.get('fieldManager') ?? '';
  if (manager === '')
    refuseOption('PatchOptions', {
      field: 'fieldManager',
      reason: 'FieldValueRequired',
      message: 'Required value: is required for apply patch',
    });
  if (!isObject(body)) throw badRequest('error decoding YAML: the configuration is not an object');
  const metadata = isObject(body['metadata']) ? body['metadata'] : {};
  if (body['apiVersion'] !== resource.apiVersion || body['kind'] !== resource.kind)
    throw badRequest(
      `the configuration is ${String(body['apiVersion'])}, Kind=${String(body['kind'])}, not ${resource.apiVersion}, Kind=${resource.kind}`,
    );
  if (metadata['name'] !== undefined && metadata['name'] !== name)
    throw badRequest(
      `the name of the object (${JSON.stringify(metadata['name']).slice(1, -1)}) does not match the name on the URL (${name})`,
    );
  if (
    metadata['managedFields'] !== undefined &&
    Array.isArray(metadata['managedFields']) &&
    metadata['managedFields'].length > 0
  )
    throw badRequest('metadata.managedFields must be nil');
  const config = {
    ...body,
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  } as KubeObject;
  const options = {
    config: storedForm(resource, config),
    manager,
    force: call.query.get('force') === 'true' || call.query.get('force') === '1',
    subresource,
    now: timestamp(),
    sentNamespace: typeof metadata['namespace'] === 'string' ? metadata['namespace'] : undefined,
  };
  const context = { manager, user: call.user, dryRun, subresource, applied: true, warn: warnIn(call) };
  // Types are checked as for any other body; unknown fields are the apply's own error.
  checkFields(config, schemaOfKind(resource.apiVersion, resource.kind), {
    kind: resource.kind,
    version: resource.version,
  });
  const live = registry.store.get(resource.key, namespace, name);
  if (live === undefined) {
    if (subresource !== undefined) registry.get(resource, namespace, name);
    return { object: registry.create(resource, applyConfiguration({ live, ...options }), context), created: true };
  }
  return {
    object: registry.update(
      resource,
      namespace,
      name,
      (stored) => applyConfiguration({ live: stored, ...options }),
      context,
    ),
    created: false,
  };
};
