import { randomUUID } from 'node:crypto';
import type { Identity } from '../access/identity.js';
import type { KubeObject, ObjectMeta, ObjectStore } from '../store/object-store.js';
import { cloneJson, equalJson } from '../store/json-tree.js';
import {
  StatusError,
  alreadyExists,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
} from '../store/status-error.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { DeleteOptions } from './deletion.js';
import { endsNow, markDeleted, timestamp } from './deletion.js';

/**
 * The generic registry: every write of every resource, from HTTP or from inside, goes through here and nowhere else.
 * Order of a write, as in Kubernetes: defaults, namespace, field ownership, admission that changes, validation, admission
 * that refuses, store. In one file, so that no write can go around that order.
 *
 * Throws StatusError. Returns frozen objects of the store (or, on a dry run, what would have been stored).
 */
export interface WriteContext {
  /** A server-side apply has written managedFields itself. */
  readonly applied?: boolean | undefined;
  /** Who owns the written fields in managedFields. */
  readonly manager: string;
  /** Whose request it is; undefined for the cluster's own parts. */
  readonly user?: Identity | undefined;
  readonly dryRun?: boolean | undefined;
  /** Takes what admission warns of; the HTTP answer says it in `Warning` headers. */
  readonly warn?: ((warning: string) => void) | undefined;
}

export interface UpdateContext extends WriteContext {
  readonly subresource?: string | undefined;
}

export interface Deleted {
  readonly object: KubeObject;
  /** False while finalizers or a grace period keep it. */
  readonly gone: boolean;
}

/** What each kind adds to the generic rules; admission/ implements it. */
export interface ObjectPolicy {
  /** Fills in defaults, in place. Runs on every write. */
  applyDefaults(resource: ResourceDefinition, object: KubeObject): void;
  /** Changes a new or changed object in place, before validation (also allocates); refuses by StatusError. */
  admit(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void;
  /** Throws 422 Invalid. */
  validate(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void;
  /** Quotas and the like: last word before the store. */
  authorizeWrite(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void;
  /** Writes `metadata.managedFields` of `object` in place. */
  trackFields(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void;
}

const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const MAX_GENERATED_BASE = 58;

/** Five letters that spell no words, as Kubernetes puts after `generateName`. */
export const randomSuffix = (length = 5): string => {
  let suffix = '';
  for (let index = 0; index < length; index += 1)
    suffix += NAME_ALPHABET[Math.floor(Math.random() * NAME_ALPHABET.length)] ?? 'x';
  return suffix;
};

export class ObjectRegistry {
  constructor(
    readonly store: ObjectStore,
    private readonly policy: ObjectPolicy,
  ) {}

  get(resource: ResourceDefinition, namespace: string | undefined, name: string): KubeObject {
    const object = this.store.get(resource.key, namespace, name);
    if (object === undefined) throw notFound(qualified(resource), name);
    return object;
  }

  create(resource: ResourceDefinition, body: KubeObject, context: WriteContext): KubeObject {
    const object = cloneJson(body);
    const { metadata } = object;
    if ((metadata.resourceVersion ?? '') !== '')
      throw new StatusError(500, '', 'resourceVersion should not be set on objects to be created');
    delete metadata.resourceVersion;
    this.policy.applyDefaults(resource, object);
    if (resource.namespaced) this.#requireNamespace(resource, metadata);
    else delete metadata.namespace;
    metadata.name ??= '';
    if (metadata.name === '' && (metadata.generateName ?? '') !== '')
      metadata.name = `${(metadata.generateName ?? '').slice(0, MAX_GENERATED_BASE)}${randomSuffix()}`;
    metadata.uid = randomUUID();
    metadata.creationTimestamp = timestamp();
    delete metadata.deletionTimestamp;
    delete metadata.deletionGracePeriodSeconds;
    delete metadata.generation;
    if (resource.generation) metadata.generation = 1;
    // A client's own status counts nowhere but on a node, which its kubelet registers.
    if (keepsStatus(resource) && resource.key !== 'core/nodes') delete object.status;
    this.policy.trackFields(resource, object, undefined, context);
    this.policy.admit(resource, object, undefined, context);
    this.policy.validate(resource, object, undefined, context);
    const existing = this.store.get(resource.key, metadata.namespace, metadata.name);
    if (existing !== undefined) throw nameTaken(resource, existing);
    this.policy.authorizeWrite(resource, object, undefined, context);
    return context.dryRun === true ? object : this.store.create(resource.key, object);
  }

  /**
   * Reads, changes by `change`, checks and writes. `change` gets the stored object (frozen) and returns the wanted one;
   * the stored one itself means no change.
   */
  update(
    resource: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    change: (stored: KubeObject) => KubeObject,
    context: UpdateContext,
  ): KubeObject {
    const stored = this.get(resource, namespace, name);
    const wanted = change(stored);
    if (wanted === stored) return stored;
    const object = cloneJson(wanted);
    const { metadata } = object;
    const version = metadata.resourceVersion ?? '';
    if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== stored.metadata.uid)
      throw conflict(
        qualified(resource),
        name,
        `StorageError: invalid object, Code: 4, Key: /registry/${resource.plural}/${namespace === undefined ? '' : `${namespace}/`}${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${stored.metadata.uid ?? ''}`,
      );
    if (version !== '' && version !== stored.metadata.resourceVersion) {
      if (!/^\d+$/.test(version)) throw invalidVersion(resource, name, version);
      throw conflict(
        qualified(resource),
        name,
        'the object has been modified; please apply your changes to the latest version and try again',
      );
    }
    this.policy.applyDefaults(resource, object);
    keepSystemMetadata(object, stored);
    if (context.subresource === 'status') takeOnlyStatus(object, stored);
    else if (keepsStatus(resource)) {
      if (stored.status === undefined) delete object.status;
      else object.status = stored.status;
    }
    if (resource.generation && context.subresource !== 'status')
      metadata.generation = nextGeneration(resource, object, stored);
    this.policy.trackFields(resource, object, stored, context);
    this.policy.admit(resource, object, stored, context);
    this.policy.validate(resource, object, stored, context);
    this.policy.authorizeWrite(resource, object, stored, context);
    if (context.dryRun === true) return object;
    if (stored.metadata.deletionTimestamp !== undefined && endsNow(resource, object)) {
      // The last finalizer went with this write: the object goes too, and the answer is its last form.
      this.store.remove(resource.key, namespace, name);
      return object;
    }
    return this.store.put(resource.key, object);
  }

  delete(
    resource: ResourceDefinition,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
    dryRun = false,
  ): Deleted {
    const stored = this.get(resource, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== stored.metadata.uid)
      throw preconditionFailed(
        resource,
        name,
        `the UID in the precondition (${uid}) does not match the UID in record (${stored.metadata.uid ?? ''}). The object might have been deleted and then recreated`,
      );
    if (resourceVersion !== undefined && resourceVersion !== stored.metadata.resourceVersion)
      throw preconditionFailed(
        resource,
        name,
        `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${stored.metadata.resourceVersion ?? ''}). The object might have been modified`,
      );
    const { object, gone } = markDeleted(resource, stored, options);
    if (dryRun) return { object, gone };
    if (!gone) return { object: this.store.put(resource.key, object), gone };
    this.store.remove(resource.key, namespace, name);
    return { object, gone };
  }

  /** Ends a namespace that is empty: takes its own finalizer away, and with the last one the namespace goes. */
  finalizeNamespace(name: string): void {
    const stored = this.store.get('core/namespaces', undefined, name);
    if (stored === undefined) return;
    const { finalizers: _ended, ...spec } = stored.spec ?? {};
    if ((stored.metadata.finalizers?.length ?? 0) > 0) this.store.put('core/namespaces', { ...stored, spec });
    else this.store.remove('core/namespaces', undefined, name);
  }

  #requireNamespace(resource: ResourceDefinition, metadata: ObjectMeta): void {
    const namespace = metadata.namespace ?? '';
    if (namespace === '') throw badRequest('an empty namespace may not be set during creation');
    const home = this.store.get('core/namespaces', undefined, namespace);
    if (home === undefined) throw notFound('core/namespaces', namespace);
    if (home.metadata.deletionTimestamp !== undefined)
      throw forbidden(
        qualified(resource),
        metadata.name ?? metadata.generateName ?? '',
        `unable to create new content in namespace ${namespace} because it is being terminated`,
        [
          {
            reason: 'NamespaceTerminating',
            message: `namespace ${namespace} is being terminated`,
            field: 'metadata.namespace',
          },
        ],
      );
  }
}

/** The name in messages follows the version that was asked for, not the one it is stored under. */
const qualified = (resource: ResourceDefinition): string =>
  `${resource.group === '' ? 'core' : resource.group}/${resource.plural}`;

const nameTaken = (resource: ResourceDefinition, existing: KubeObject): StatusError => {
  const taken = alreadyExists(qualified(resource), existing.metadata.name);
  return existing.metadata.deletionTimestamp === undefined
    ? taken
    : new StatusError(taken.code, taken.reason, `object is being deleted: ${taken.message}`, taken.details);
};

const preconditionFailed = (resource: ResourceDefinition, name: string, why: string): StatusError =>
  new StatusError(409, 'Conflict', `Operation cannot be fulfilled on ${resource.kind} "${name}": ${why}`, {
    name,
    kind: resource.kind,
    ...(resource.group === '' ? {} : { group: resource.group }),
  });

const invalidVersion = (resource: ResourceDefinition, name: string, version: string): StatusError =>
  invalid(
    resource.kind,
    name,
    [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
      },
    ],
    resource.group,
  );

/** Read-only metadata is the store's, whatever the caller sent. */
const keepSystemMetadata = (object: KubeObject, stored: KubeObject): void => {
  const { metadata } = object;
  const keep = stored.metadata;
  metadata.name = keep.name;
  if (keep.namespace !== undefined) metadata.namespace = keep.namespace;
  else delete metadata.namespace;
  for (const key of [
    'uid',
    'resourceVersion',
    'creationTimestamp',
    'generateName',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const) {
    if (keep[key] === undefined) delete metadata[key];
    else (metadata as unknown as Record<string, unknown>)[key] = keep[key];
  }
  object.apiVersion = stored.apiVersion;
  object.kind = stored.kind;
};

const keepsStatus = (resource: ResourceDefinition): boolean =>
  resource.subresources.some((subresource) => subresource.name === 'status');

/** A status write changes status, annotations and conditions' ownership, and nothing else. */
const takeOnlyStatus = (object: KubeObject, stored: KubeObject): void => {
  for (const key of Object.keys(object))
    if (key !== 'metadata' && key !== 'status' && !(key in stored)) delete object[key];
  for (const [key, value] of Object.entries(stored)) if (key !== 'metadata' && key !== 'status') object[key] = value;
  for (const key of ['labels', 'ownerReferences', 'finalizers'] as const) {
    if (stored.metadata[key] === undefined) delete object.metadata[key];
    else (object.metadata as unknown as Record<string, unknown>)[key] = stored.metadata[key];
  }
};

const ANNOTATIONS_COUNT = new Set(['apps/deployments']);

/** Everything but metadata and status counts; of a Deployment the annotations too. */
const nextGeneration = (resource: ResourceDefinition, object: KubeObject, stored: KubeObject): number => {
  const generation = stored.metadata.generation ?? 0;
  const keys = new Set([...Object.keys(object), ...Object.keys(stored)]);
  keys.delete('metadata');
  keys.delete('status');
  // Being given a node is not a change of what a pod is to be.
  const compared = (value: KubeObject, key: string): unknown =>
    resource.key === 'core/pods' && key === 'spec' ? { ...value.spec, nodeName: undefined } : value[key];
  for (const key of keys) if (!equalJson(compared(object, key), compared(stored, key))) return generation + 1;
  const counts =
    ANNOTATIONS_COUNT.has(resource.key) && !equalJson(object.metadata.annotations, stored.metadata.annotations);
  return counts ? generation + 1 : generation;
};
