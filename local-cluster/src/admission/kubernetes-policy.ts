import { requireHeld } from '../access/escalation.js';
import { RoleBasedAccess } from '../access/rbac.js';
import { equalJson } from '../store/json-tree.js';
import type { ObjectPolicy, UpdateContext } from '../api/object-registry.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { invalid } from '../store/status-error.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import { timestamp } from '../api/deletion.js';
import { disown, trackUpdate } from '../patch/managed-fields.js';
import { applyDefaults } from './defaults.js';
import { checkLimitRanges } from './limit-ranges.js';
import { checkPodSecurity } from './pod-security.js';
import { prepareForCreate } from './prepare-for-create.js';
import { checkQuota } from './resource-quota.js';
import { validateObject } from './validate-object.js';
import { ServiceAllocation } from './service-allocation.js';

const grantsTheSame = (object: KubeObject, existing: KubeObject | undefined): boolean =>
  existing !== undefined &&
  equalJson(object['rules'], existing['rules']) &&
  equalJson(object['subjects'], existing['subjects']);

const SCALED_FIELD = { 'f:spec': { 'f:replicas': {} } };

/** Everything that one kind has and another has not, in one object for the generic registry. */
export class KubernetesPolicy implements ObjectPolicy {
  readonly #services: ServiceAllocation;
  readonly #roles: RoleBasedAccess;

  constructor(private readonly store: ObjectStore) {
    this.#services = new ServiceAllocation(store);
    this.#roles = new RoleBasedAccess(store);
  }

  stop(): void {
    this.#services.stop();
  }

  applyDefaults(resource: ResourceDefinition, object: KubeObject): void {
    applyDefaults(resource.key, object);
  }

  admit(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void {
    if (existing === undefined) prepareForCreate(this.store, resource, object);
    if (resource.key === 'core/services' && context.subresource === undefined) {
      const problems = this.#services.allocate(object, existing);
      if (problems.length > 0) throw invalid(resource.kind, object.metadata.name, problems, resource.group);
    }
  }

  validate(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void {
    // A status or a binding is its component's own business.
    if (context.subresource !== undefined && context.subresource !== 'scale') return;
    const problems = validateObject(resource, object, existing);
    if (problems.length > 0) throw invalid(resource.kind, object.metadata.name, problems, resource.group);
  }

  authorizeWrite(
    resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void {
    if (context.subresource !== undefined) return;
    if (context.user !== undefined && !grantsTheSame(object, existing))
      requireHeld(this.store, this.#roles, context.user, resource, object);
    if (existing === undefined) checkLimitRanges(this.store, resource.key, object);
    if (existing === undefined || resource.key !== 'core/pods')
      checkPodSecurity(this.store, resource.key, object, (warning) => context.warn?.(warning));
    if (existing === undefined) checkQuota(this.store, resource, object);
  }

  trackFields(
    _resource: ResourceDefinition,
    object: KubeObject,
    existing: KubeObject | undefined,
    context: UpdateContext,
  ): void {
    if (context.applied !== true) trackUpdate(object, existing, context.manager, context.subresource, timestamp());
    // A Scale of nothing says no number, so nobody owns it.
    if (context.subresource === 'scale' && object.spec?.['replicas'] === 0) disown(object, SCALED_FIELD);
  }
}
