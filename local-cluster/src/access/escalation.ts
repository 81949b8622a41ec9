import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { forbidden } from '../store/status-error.js';
import { isMaster, type Identity } from './identity.js';
import type { PolicyRule, RoleBasedAccess } from './rbac.js';

/**
 * Nobody hands out what they have not got: a role may only say, and a binding only give, what its writer may do there
 * already, unless they may `escalate` roles or `bind` them. Throws 403 naming the rules that are missing.
 */
const GROUP = 'rbac.authorization.k8s.io';

export const requireHeld = (
  store: ObjectStore,
  roles: RoleBasedAccess,
  user: Identity,
  resource: ResourceDefinition,
  object: KubeObject,
): void => {
  if (resource.group !== GROUP || isMaster(user)) return;
  const { name, namespace } = object.metadata;
  const { verb, target, rules } = resource.plural.endsWith('bindings')
    ? given(store, object)
    : { verb: 'escalate', target: { resource: resource.plural, name }, rules: rulesOf(object) };
  if (roles.decide(user, { verb, group: GROUP, namespace, ...target }).allowed) return;
  const missing = rules.flatMap(split).filter((rule) => !roles.decide(user, askedBy(rule, namespace)).allowed);
  if (missing.length === 0) return;
  throw forbidden(
    resource.key,
    name,
    `user ${JSON.stringify(user.username)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${missing.map(text).join('\n')}`,
  );
};

const rulesOf = (role: KubeObject | undefined): readonly PolicyRule[] =>
  (role?.['rules'] as readonly PolicyRule[] | undefined) ?? [];

const given = (
  store: ObjectStore,
  binding: KubeObject,
): { verb: string; target: { resource: string; name: string }; rules: readonly PolicyRule[] } => {
  const { kind, name } = binding['roleRef'] as { kind: string; name: string };
  const role =
    kind === 'Role'
      ? store.get(`${GROUP}/roles`, binding.metadata.namespace, name)
      : store.get(`${GROUP}/clusterroles`, undefined, name);
  return { verb: 'bind', target: { resource: `${kind.toLowerCase()}s`, name }, rules: rulesOf(role) };
};

/** One verb on one thing. */
interface Single {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly name: string;
  readonly path: string | undefined;
}
const split = (rule: PolicyRule): Single[] =>
  rule.verbs.flatMap((verb) => [
    ...(rule.nonResourceURLs ?? []).map((path) => ({ verb, group: '', resource: '', name: '', path })),
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        (rule.resourceNames ?? ['']).map((name) => ({ verb, group, resource, name, path: undefined })),
      ),
    ),
  ]);

const askedBy = (
  { verb, group, resource, name, path }: Single,
  namespace: string | undefined,
): Parameters<RoleBasedAccess['decide']>[1] => {
  if (path !== undefined) return { verb, path };
  const [plural = '', subresource] = resource.split('/');
  return { verb, group, resource: plural, subresource, name, namespace };
};

const text = ({ verb, group, resource, name, path }: Single): string =>
  path === undefined
    ? `{APIGroups:[${JSON.stringify(group)}], Resources:[${JSON.stringify(resource)}]${name === '' ? '' : `, ResourceNames:[${JSON.stringify(name)}]`}, Verbs:[${JSON.stringify(verb)}]}`
    : `{NonResourceURLs:[${JSON.stringify(path)}], Verbs:[${JSON.stringify(verb)}]}`;
