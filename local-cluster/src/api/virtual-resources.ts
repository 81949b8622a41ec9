import type { KubeObject } from '../store/object-store.js';
import { badRequest } from '../store/status-error.js';
import { managerOf, sendJson, type ApiCall } from './api-call.js';
import type { ObjectRegistry } from './object-registry.js';
import { parseBody, readBody } from './request-body.js';

/** `pods/binding`: puts a pod on a node, once. */
export const handleBinding = async (call: ApiCall, registry: ObjectRegistry): Promise<void> => {
  const { resource, namespace, name = '' } = call.path;
  const body = parseBody(await readBody(call.request), 'application/json') as
    { target?: { name?: string } } | undefined;
  const node = body?.target?.name;
  if (node === undefined || node === '') throw badRequest('target.name: Required value');
  registry.update(resource, namespace, name, (pod: KubeObject) => ({ ...pod, spec: { ...pod.spec, nodeName: node } }), {
    manager: managerOf(call),
  });
  sendJson(call, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
};
