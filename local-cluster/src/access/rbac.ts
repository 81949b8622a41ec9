import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { isMaster, serviceAccountName, type Identity } from './identity.js';

/**
 * Role-based access control: whether a rule of a role that is bound to somebody covers what they ask for. Nothing is denied
 * by a rule; what no rule allows is refused.
 */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  /** Undefined or empty: all namespaces, or a resource of the cluster. */
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}
export interface PathAttributes {
  readonly verb: string;
  readonly path: string;
}
export type Attributes = ResourceAttributes | PathAttributes;

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}
interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}
interface Binding extends KubeObject {
  readonly roleRef: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[];
}
export interface Decision {
  readonly allowed: boolean;
  readonly reason?: string;
}
interface BoundRules {
  readonly binding: Binding;
  readonly subject: Subject;
  readonly rules: readonly PolicyRule[];
}

const KEY = 'rbac.authorization.k8s.io';

export class RoleBasedAccess {
  constructor(private readonly store: ObjectStore) {}

  decide(user: Identity, asked: Attributes): Decision {
    if (isMaster(user)) return { allowed: true };
    const namespace = 'path' in asked ? undefined : asked.namespace;
    for (const { binding, subject, rules } of this.#bound(user, namespace))
      if (rules.some((rule) => covers(rule, asked)))
        return { allowed: true, reason: `RBAC: allowed by ${describe(binding, subject)}` };
    return { allowed: false };
  }

  /** Every rule that holds for somebody in a namespace. */
  rulesOf(user: Identity, namespace: string): readonly PolicyRule[] {
    if (isMaster(user))
      return [
        { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
        { verbs: ['*'], nonResourceURLs: ['*'] },
      ];
    return [...this.#bound(user, namespace)].flatMap(({ rules }) => rules);
  }

  *#bound(user: Identity, namespace: string | undefined): Generator<BoundRules> {
    const everywhere = this.store.list(`${KEY}/clusterrolebindings`) as readonly Binding[];
    const here =
      namespace === undefined || namespace === ''
        ? []
        : (this.store.list(`${KEY}/rolebindings`, namespace) as readonly Binding[]);
    for (const binding of [...everywhere, ...here]) {
      const home = binding.metadata.namespace;
      const subject = binding.subjects?.find((one) => isMeant(one, user, home));
      if (subject !== undefined) yield { binding, subject, rules: this.#rules(binding) };
    }
  }

  #rules({ roleRef, metadata }: Binding): readonly PolicyRule[] {
    const role =
      roleRef.kind === 'Role'
        ? this.store.get(`${KEY}/roles`, metadata.namespace, roleRef.name)
        : this.store.get(`${KEY}/clusterroles`, undefined, roleRef.name);
    return (role?.['rules'] as readonly PolicyRule[] | undefined) ?? [];
  }
}

const isMeant = (subject: Subject, user: Identity, home: string | undefined): boolean => {
  if (subject.kind === 'User') return subject.name === '*' || subject.name === user.username;
  if (subject.kind === 'Group') return user.groups.includes(subject.name);
  return serviceAccountName(subject.namespace ?? home ?? '', subject.name) === user.username;
};

const among = (allowed: readonly string[] | undefined, asked: string): boolean =>
  allowed !== undefined && (allowed.includes('*') || allowed.includes(asked));

const covers = (rule: PolicyRule, asked: Attributes): boolean => {
  if (!among(rule.verbs, asked.verb)) return false;
  if ('path' in asked)
    return (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? asked.path.startsWith(url.slice(0, -1)) : url === asked.path,
    );
  const { group, resource, subresource = '', name = '' } = asked;
  if (!among(rule.apiGroups, group)) return false;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  if (!among(rule.resources, full) && !(subresource !== '' && rule.resources?.includes(`*/${subresource}`)))
    return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
};

const describe = ({ kind, metadata, roleRef }: Binding, subject: Subject): string => {
  const place = metadata.namespace === undefined ? '' : `/${metadata.namespace}`;
  const home = subject.kind === 'ServiceAccount' ? `/${subject.namespace ?? metadata.namespace ?? ''}` : '';
  return `${kind} "${metadata.name}${place}" of ${roleRef.kind} "${roleRef.name}" to ${subject.kind} "${subject.name}${home}"`;
};
