import type { IncomingMessage } from 'node:http';
import type { ResourcePath } from '../api/api-path.js';
import { StatusError, forbidden } from '../store/status-error.js';
import { ADMIN, impersonated, isMaster, type Identity } from './identity.js';
import type { Attributes, ResourceAttributes, RoleBasedAccess } from './rbac.js';
import type { ServiceAccountTokens } from './service-account-tokens.js';

/**
 * Who sends a request and whether they may. Whoever comes without credentials is the administrator (the door is loopback);
 * a bearer token is a service account's, and then its roles count.
 */
export class RequestAccess {
  constructor(
    readonly tokens: ServiceAccountTokens,
    readonly roles: RoleBasedAccess,
  ) {}

  /** Throws 401 for a token that is not good, 403 for who may not take another's part. */
  identify({ headers }: IncomingMessage, asked: Attributes): Identity {
    const token = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
    const user = token === undefined ? ADMIN : this.tokens.identify(token)?.user;
    if (user === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    const wanted = headers['impersonate-user'];
    if (typeof wanted !== 'string' || wanted === '') return user;
    if (!isMaster(user)) this.require(user, { ...asked, verb: `impersonate-on:user-info:${asked.verb}` });
    const groups = headers['impersonate-group'];
    const uid = headers['impersonate-uid'];
    return impersonated(
      wanted,
      typeof groups === 'string' ? groups.split(', ') : (groups ?? []),
      typeof uid === 'string' ? uid : undefined,
    );
  }

  /** Throws 403 in the words of Kubernetes. */
  require(user: Identity, asked: Attributes): void {
    if (this.roles.decide(user, asked).allowed) return;
    const who = `User ${JSON.stringify(user.username)} cannot`;
    if ('path' in asked)
      throw new StatusError(403, 'Forbidden', `forbidden: ${who} ${asked.verb} path ${JSON.stringify(asked.path)}`, {});
    const { verb, group, resource, subresource = '', namespace = '', name = '' } = asked;
    const what = subresource === '' ? resource : `${resource}/${subresource}`;
    const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
    throw forbidden(
      `${group === '' ? 'core' : group}/${resource}`,
      name,
      `${who} ${verb} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`,
    );
  }
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** What a request to a resource asks for. */
export const attributesOf = (path: ResourcePath, method: string, watches: boolean): ResourceAttributes => {
  const { resource, namespace, name, subresource } = path;
  const whole = name === undefined;
  const read = path.watch || watches ? 'watch' : whole ? 'list' : 'get';
  const verb = method === 'GET' || method === 'HEAD' ? (subresource === undefined ? read : 'get') : VERBS[method];
  // A namespace is in itself, as far as roles are concerned.
  const home = resource.key === 'core/namespaces' ? name : namespace;
  return {
    verb: verb === 'delete' && whole ? 'deletecollection' : (verb ?? method.toLowerCase()),
    group: resource.group,
    resource: resource.plural,
    subresource,
    namespace: home,
    name,
  };
};
