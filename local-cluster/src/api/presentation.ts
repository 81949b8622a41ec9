import type { KubeObject } from '../store/object-store.js';
import type { ApiCall } from './api-call.js';
import { versioned } from './conversion.js';
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
