/**
 * What the security contexts of a pod mean for one of its containers; a container's own fields win. Pure.
 * Throws ConfigError in the kubelet's words where the pod must not run as root and the image does, or cannot be told not to.
 */
import { userNumber } from '@aws-deployer/platform/oci/image-manifest';
import type { Container, Pod, SecurityContext } from '../resources/types.js';
import { ConfigError } from './container-environment.js';

export interface ContainerSecurity {
  /** `1000` or `1000:1000`; undefined: the image's own. */
  readonly user: string | undefined;
  readonly groups: readonly string[];
  readonly addedCapabilities: readonly string[];
  readonly droppedCapabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly readOnlyRoot: boolean;
  readonly privileged: boolean;
  readonly unconfined: boolean;
}

const own = ({ spec }: Pick<Pod, 'spec'>, container: Container): SecurityContext => ({
  ...spec?.securityContext,
  ...container.securityContext,
});
const numbers = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter(isNumber).map(String);
const isNumber = (value: unknown): value is number => typeof value === 'number';

export function containerSecurity(pod: Pick<Pod, 'spec'>, container: Container): ContainerSecurity {
  const context = own(pod, container);
  const { runAsUser, runAsGroup, capabilities } = context;
  const ofPod: SecurityContext = pod.spec?.securityContext ?? {};
  return {
    user: runAsUser === undefined ? undefined : [runAsUser, runAsGroup].filter((id) => id !== undefined).join(':'),
    groups: [...numbers(ofPod['supplementalGroups']), ...numbers(ofPod['fsGroup'])],
    addedCapabilities: capabilities?.add ?? [],
    droppedCapabilities: capabilities?.drop ?? [],
    noNewPrivileges: context.allowPrivilegeEscalation === false,
    readOnlyRoot: context.readOnlyRootFilesystem === true,
    privileged: context.privileged === true,
    unconfined: (context['seccompProfile'] as { type?: string } | undefined)?.type === 'Unconfined',
  };
}

/** `imageUser`: as the image names it; undefined: not known here. */
export function checkNotRoot(pod: Pod, container: Container, imageUser: string | undefined): void {
  const { runAsNonRoot, runAsUser } = own(pod, container);
  if (runAsNonRoot !== true) return;
  const { name, namespace = '', uid = '' } = pod.metadata;
  const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
  if (runAsUser === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (runAsUser !== undefined || imageUser === undefined) return;
  const id = userNumber(imageUser);
  if (id === 0) throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (id === undefined)
    throw new ConfigError(
      `container has runAsNonRoot and image has non-numeric user (${imageUser.split(':')[0] ?? ''}), cannot verify user is non-root ${where}`,
    );
}

/** True where a pod asks for another user or fewer rights than this program has: host processes get neither. */
export const asksForLess = (pod: Pick<Pod, 'spec'>, container: Container): boolean => {
  const { user, droppedCapabilities, readOnlyRoot } = containerSecurity(pod, container);
  return (
    user !== undefined || droppedCapabilities.length > 0 || readOnlyRoot || own(pod, container).runAsNonRoot === true
  );
};
