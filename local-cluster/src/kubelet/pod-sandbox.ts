import type { Pod } from '../resources/types.js';
import type { ClusterClient } from '../store/cluster-client.js';

/** The only handler of the runtimes here: what containers run with anyway. */
const HANDLER = 'runc';

/** Why a pod gets no place to run in; undefined when it does. */
export const noSandboxBecause = (client: ClusterClient, pod: Pod): string | undefined => {
  const name = pod.spec?.runtimeClassName;
  if (name === undefined || name === '') return undefined;
  const found = client.get('node.k8s.io/runtimeclasses', undefined, name);
  const failed = 'Failed to create pod sandbox: ';
  if (found === undefined)
    return `${failed}failed to get sandbox runtime: RuntimeClass ${JSON.stringify(name)} not found`;
  const handler = typeof found['handler'] === 'string' ? found['handler'] : '';
  return handler === HANDLER
    ? undefined
    : `${failed}rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for ${JSON.stringify(handler)} is configured`;
};
