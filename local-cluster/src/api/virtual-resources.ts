import { isObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import { badRequest } from '../store/status-error.js';
import { managerOf, sendJson, type ApiCall } from './api-call.js';
import type { ObjectRegistry } from './object-registry.js';
import { parseBody, readBody } from './request-body.js';

/** Resources that are questions rather than objects. Whoever reaches this loopback door may do everything, so access is always granted. */
export const handleReview = async (call: ApiCall): Promise<void> => {
  const { resource } = call.path;
  const body = parseBody(await readBody(call.request), call.request.headers['content-type'] ?? 'application/json');
  if (!isObject(body)) throw badRequest('the body is not a review');
  const status =
    resource.kind === 'SelfSubjectReview'
      ? { userInfo: { username: 'local-cluster:admin', groups: ['system:masters', 'system:authenticated'] } }
      : resource.kind === 'SelfSubjectRulesReview'
        ? {
            resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
            nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
            incomplete: false,
          }
        : resource.kind === 'TokenReview'
          ? { authenticated: false, user: {}, error: 'this cluster issues no tokens' }
          : { allowed: true, reason: 'the loopback door of a local cluster is open' };
  sendJson(call, 201, {
    kind: resource.kind,
    apiVersion: resource.apiVersion,
    metadata: {},
    spec: body['spec'] ?? {},
    status,
  });
};

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
