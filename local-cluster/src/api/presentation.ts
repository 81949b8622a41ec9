import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { KubeObject } from '../store/object-store.js';
import type { ApiCall } from './api-call.js';
import { partialMetadata, tableOf, type IncludeObject } from './table.js';

/** How a client wants objects: as they are, as a table (`kubectl get`), or their metadata only. */
export interface Presentation {
  readonly form: 'object' | 'table' | 'metadata';
  readonly include: IncludeObject;
}

export const presentationOf = (call: ApiCall): Presentation => {
  const accept = call.request.headers.accept ?? '';
  const include = call.query.get('includeObject');
  const first =
    accept
      .split(',')
      .map((part) => part.trim())
      .find((part) => part.startsWith('application/json') || part === '*/*') ?? '';
  const form = first.includes('as=Table')
    ? 'table'
    : first.includes('as=PartialObjectMetadata')
      ? 'metadata'
      : 'object';
  return { form, include: include === 'None' || include === 'Object' ? include : 'Metadata' };
};

/** The stored object in the version that was asked for. Kind and version come first, as Kubernetes writes them. */
export const versioned = (resource: ResourceDefinition, object: KubeObject): KubeObject => {
  const { apiVersion: _version, kind: _kind, ...rest } = object;
  const form = { kind: resource.kind, apiVersion: resource.apiVersion, ...rest } as KubeObject;
  return resource.apiVersion === 'events.k8s.io/v1' ? asNewEvent(form) : form;
};

/** core/v1 Events under the names that events.k8s.io/v1 gives their fields. */
const asNewEvent = (event: KubeObject): KubeObject => {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, ...rest } = event;
  return {
    ...(rest as KubeObject),
    regarding: involvedObject,
    note: message,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  };
};

export const presentOne = (call: ApiCall, object: KubeObject): unknown => {
  const { resource } = call.path;
  const { form, include } = presentationOf(call);
  const shown = versioned(resource, object);
  if (form === 'table')
    return tableOf(resource, [shown], { resourceVersion: object.metadata.resourceVersion }, include);
  return form === 'metadata' ? partialMetadata(shown) : shown;
};

export const presentList = (call: ApiCall, objects: readonly KubeObject[], metadata: object): unknown => {
  const { resource } = call.path;
  const { form, include } = presentationOf(call);
  const shown = objects.map((object) => versioned(resource, object));
  if (form === 'table') return tableOf(resource, shown, metadata, include);
  if (form === 'metadata')
    return {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: shown.map(partialMetadata),
    };
  const items = shown.map(({ kind: _kind, apiVersion: _version, ...item }) => item);
  return { kind: `${resource.kind}List`, apiVersion: resource.apiVersion, metadata, items };
};
