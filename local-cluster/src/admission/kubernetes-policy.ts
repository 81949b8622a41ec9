import type { ObjectPolicy, UpdateContext } from '../api/object-registry.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { invalid } from '../store/status-error.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import { applyDefaults } from './defaults.js';
import { prepareForCreate } from './prepare-for-create.js';
import { ServiceAllocation } from './service-allocation.js';

/** Everything that one kind has and another has not, in one object for the generic registry. */
export class KubernetesPolicy implements ObjectPolicy {
  readonly #services: ServiceAllocation;

  constructor(private readonly store: ObjectStore) {
    this.#services = new ServiceAllocation(store);
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

  validate(resource: ResourceDefinition, object: KubeObject): void {
    if (object.metadata.name === '')
      throw invalid(
        resource.kind,
        '',
        [
          {
            field: 'metadata.name',
            reason: 'FieldValueRequired',
            message: 'Required value: name or generateName is required',
          },
        ],
        resource.group,
      );
  }

  authorizeWrite(): void {
    // Quotas are counted nowhere yet: every namespace has room.
  }

  trackFields(): void {
    // Written by the field manager.
  }
}
