import { resourceAt, type ResourceDefinition } from '../resources/resource-definition.js';

/** The address of a resource in a URL: `/apis/apps/v1/namespaces/shop/deployments/web/scale`. */
export interface ResourcePath {
  readonly resource: ResourceDefinition;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  /** What follows the subresource (`proxy/…`), with its leading slash. */
  readonly rest: string;
  /** The deprecated `/watch/` paths. */
  readonly watch: boolean;
}

/** Undefined where the path names no resource that is served. */
export const parseResourcePath = (pathname: string): ResourcePath | undefined => {
  const parts = pathname.split('/').filter((part) => part !== '');
  const root = parts.shift();
  if (root !== 'api' && root !== 'apis') return undefined;
  const apiVersion = root === 'api' ? parts.shift() : [parts.shift(), parts.shift()].join('/');
  if (apiVersion === undefined) return undefined;
  const watch = parts[0] === 'watch';
  if (watch) parts.shift();
  const decoded = parts.map(decodeURIComponent);
  if (decoded[0] === 'namespaces' && decoded.length >= 3 && decoded[2] !== 'status' && decoded[2] !== 'finalize') {
    const resource = resourceAt(apiVersion, decoded[2] ?? '');
    if (resource === undefined || !resource.namespaced) return undefined;
    return address(resource, decoded[1], decoded.slice(3), parts.slice(5), watch);
  }
  const resource = resourceAt(apiVersion, decoded[0] ?? '');
  return resource === undefined ? undefined : address(resource, undefined, decoded.slice(1), parts.slice(3), watch);
};

const address = (
  resource: ResourceDefinition,
  namespace: string | undefined,
  tail: readonly string[],
  rest: readonly string[],
  watch: boolean,
): ResourcePath => ({
  resource,
  namespace,
  name: tail[0],
  subresource: tail[1],
  rest: `/${rest.join('/')}`,
  watch,
});
