/** The pod that a controller makes of a template: its labels, annotations and finalizers, owned by the controller's object. Pure. */
import type { Pod, PodTemplateSpec } from '../resources/types.js';
import type { KubeObject } from '../store/object-store.js';
import { controllerReference } from './ownership.js';

/** The name is generated from the owner's, unless `name` is given. */
export function podFromTemplate(owner: KubeObject, template: PodTemplateSpec, name = ''): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {};
  const { namespace } = owner.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${owner.metadata.name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: template.spec,
  };
}
