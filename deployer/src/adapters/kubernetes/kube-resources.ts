/** From kind to path, as the API server's own discovery says; asked once per group version. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { KubeRequests } from './kube-requests.js';

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[];
}
interface Resource {
  readonly plural: string;
  readonly namespaced: boolean;
}

export const groupPath = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

export class KubeResources {
  private readonly known = new Map<string, Promise<ReadonlyMap<string, Resource>>>();

  constructor(private readonly requests: KubeRequests) {}

  /** The path of a kind's collection, or of one object. Throws invalid/`manifest_rejected` for a kind the cluster does not have. */
  async path(
    { apiVersion, kind }: { readonly apiVersion: string; readonly kind: string },
    namespace: string | undefined,
    name: string | undefined,
    signal: AbortSignal,
  ): Promise<string> {
    const resource = (await this.group(apiVersion, signal)).get(kind);
    if (resource === undefined)
      throw new AppError('invalid', 'manifest_rejected', `The cluster does not know ${kind} of ${apiVersion}.`);
    const scope = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${groupPath(apiVersion)}${scope}/${resource.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
  }

  private async group(apiVersion: string, signal: AbortSignal): Promise<ReadonlyMap<string, Resource>> {
    for (;;) {
      const shared = this.known.get(apiVersion);
      const asked = shared ?? this.ask(apiVersion, signal);
      this.known.set(apiVersion, asked);
      try {
        const found = await asked;
        // A kind may be installed later; an empty answer is not worth remembering.
        if (found.size === 0) this.known.delete(apiVersion);
        return found;
      } catch (error) {
        if (this.known.get(apiVersion) === asked) this.known.delete(apiVersion);
        // Whoever asked first was cancelled, not this caller, who asks again.
        if (shared === undefined || signal.aborted || error instanceof AppError) throw error;
      }
    }
  }

  private async ask(apiVersion: string, signal: AbortSignal): Promise<ReadonlyMap<string, Resource>> {
    const answer = await this.requests.send(
      { method: 'GET', path: groupPath(apiVersion), subject: `discover ${apiVersion}` },
      signal,
      [404],
    );
    if (answer.status === 404) return new Map();
    const { resources = [] } = answer.json as ResourceList;
    return new Map(
      resources
        .filter((resource) => !resource.name.includes('/'))
        .map(({ kind, name, namespaced }) => [kind, { plural: name, namespaced }]),
    );
  }
}
