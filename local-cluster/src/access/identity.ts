/** Who a request comes from, as Kubernetes names users. */
export interface Identity {
  readonly username: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

const MASTERS = 'system:masters';
const AUTHENTICATED = 'system:authenticated';
const ACCOUNT = 'system:serviceaccount:';

/** Whoever comes through the loopback door without credentials. */
export const ADMIN: Identity = { username: 'local-cluster:admin', groups: [MASTERS, AUTHENTICATED] };

/** Masters may do everything, whatever the roles say. */
export const isMaster = ({ groups }: Identity): boolean => groups.includes(MASTERS);

export const serviceAccountName = (namespace: string, name: string): string => `${ACCOUNT}${namespace}:${name}`;

export const serviceAccountGroups = (namespace: string): readonly string[] => [
  'system:serviceaccounts',
  `system:serviceaccounts:${namespace}`,
  AUTHENTICATED,
];

/** The identity that an administrator takes on with `--as` and `--as-group`; a service account brings its own groups. */
export const impersonated = (username: string, groups: readonly string[], uid: string | undefined): Identity => {
  const [, namespace] = username.startsWith(ACCOUNT) ? username.slice(ACCOUNT.length - 1).split(':') : [];
  const own = groups.length > 0 ? groups : namespace === undefined ? [] : serviceAccountGroups(namespace);
  const known = own.includes(AUTHENTICATED) || username === 'system:anonymous' ? own : [...own, AUTHENTICATED];
  return { username, groups: known, ...(uid === undefined ? {} : { uid }) };
};
