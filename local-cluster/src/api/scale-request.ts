import { isObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { badRequest, invalid } from '../store/status-error.js';
import { dryRunOf, managerOf, sendJson, type ApiCall } from './api-call.js';
import type { ObjectRegistry } from './object-registry.js';
import { patchObject } from './patch-request.js';
import { parseBody, readBody } from './request-body.js';

/** The scale subresource: replicas and selector of a workload, without the rest of it. */
interface Scale {
  readonly kind: 'Scale';
  readonly apiVersion: 'autoscaling/v1';
  readonly metadata: Record<string, unknown>;
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector?: string };
}

const selectorText = (object: KubeObject): string | undefined => {
  const selector = object.spec?.['selector'] as { matchLabels?: Record<string, string> } | undefined;
  if (selector?.matchLabels === undefined) return undefined;
  return Object.entries(selector.matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
};

export const scaleOf = (object: KubeObject): Scale => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = Number(object.spec?.['replicas'] ?? 0);
  const selector = selectorText(object);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: Number(object.status?.['replicas'] ?? 0), ...(selector === undefined ? {} : { selector }) },
  };
};

export const handleScale = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const { resource, namespace, name = '' } = call.path;
  const method = call.request.method ?? 'GET';
  if (method === 'GET') {
    sendJson(call, 200, scaleOf(registry.get(resource, namespace, name)));
    return;
  }
  const type = (call.request.headers['content-type'] ?? '').split(';')[0] ?? '';
  const body = parseBody(await readBody(call.request), 'application/json');
  if (method === 'PUT' && !isObject(body)) throw badRequest('the body is not a Scale');
  const change = (stored: KubeObject): KubeObject => {
    const before = scaleOf(stored) as unknown as KubeObject;
    const wanted =
      method === 'PUT'
        ? (body as KubeObject)
        : patchObject(type, { ...before, spec: { replicas: Number(before.spec?.['replicas'] ?? 0) } }, body, resource);
    const replicas = Number(wanted.spec?.['replicas'] ?? 0);
    if (replicas < 0)
      throw invalid(
        'Scale',
        name,
        [
          {
            field: 'spec.replicas',
            reason: 'FieldValueInvalid',
            message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
          },
        ],
        'autoscaling',
      );
    const version = method === 'PUT' ? (wanted.metadata as { resourceVersion?: string }).resourceVersion : undefined;
    const metadata =
      version === undefined || version === '' ? stored.metadata : { ...stored.metadata, resourceVersion: version };
    return { ...stored, metadata, spec: { ...stored.spec, replicas } };
  };
  const context = {
    manager: managerOf(call),
    dryRun: dryRunOf(call, method === 'PUT' ? 'UpdateOptions' : 'PatchOptions'),
    subresource: 'scale',
  };
  sendJson(call, 200, scaleOf(registry.update(resource, namespace, name, change, context)));
};
