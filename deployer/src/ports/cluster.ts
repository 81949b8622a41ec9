/** The cluster in the words of the platform. Adapter: Kubernetes (client-node for the kubeconfig, own pooled requests). */
import type { AppError } from '@aws-deployer/platform/errors/app-error';

/** Any Kubernetes object as JSON. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly {
      readonly uid: string;
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
}
/** `{ verb: 'get', group: '', resource: 'pods/log' }` */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
}
export interface ClusterChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Manifest;
}
/** What the API server said when it refused something: the `cause` of the AppError, for the verdict and the evidence. */
export interface ClusterRefusal {
  readonly status: number;
  /** `Invalid`, `Forbidden`, `Conflict`…; empty where the server gave none. */
  readonly reason: string;
  readonly message: string;
  readonly causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[];
}
/**
 * Errors are AppError: invalid/`manifest_rejected` (422/400, `fields` from `details.causes`), conflict/`foreign_owner`
 * (server-side apply conflict, the owner named), forbidden/`cluster_forbidden`, conflict/`namespace_terminating`,
 * invalid/`admission_denied`, invalid/`node_port_taken`, invalid/`quota_exceeded`, not_found/`namespace_missing`,
 * conflict/`cluster_conflict` (a race that outlived its retries), unavailable/`admission_webhook_unreachable`,
 * unavailable/`cluster_unreachable`, unavailable/`kubeconfig_unusable`. Where the server answered, `cause` is the ClusterRefusal. Reads, applies and deletes
 * are retried for a few seconds before `unavailable`.
 */
export interface Cluster {
  /** Server-side apply with field manager `aws-deployer`, strict field validation; never forces over another manager unless told. `once`: no second try. */
  apply(
    manifest: Manifest,
    options: { readonly dryRun?: boolean; readonly force?: boolean; readonly once?: boolean },
    signal: AbortSignal,
  ): Promise<Manifest>;
  get(ref: ObjectRef, signal: AbortSignal): Promise<Manifest | undefined>;
  /** `namespace` undefined: of all namespaces, and of kinds that have none. At most `most`, where given. */
  list(
    kind: { readonly apiVersion: string; readonly kind: string },
    namespace: string | undefined,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
    most?: number,
  ): Promise<readonly Manifest[]>;
  /** Merge-patches a few fields (selector of a Service, replicas of a ReplicaSet). */
  patch(ref: ObjectRef, patch: Record<string, unknown>, signal: AbortSignal): Promise<Manifest>;
  /** Those of `rights` that the platform's own account does not have in the namespace. */
  missingRights(rights: readonly Right[], namespace: string, signal: AbortSignal): Promise<readonly Right[]>;
  /** Deletes; already gone is fine. */
  remove(ref: ObjectRef, signal: AbortSignal): Promise<void>;
  /**
   * Follows kinds of a namespace until `signal`, then resolves; relists by itself after 410, a closed or a silent watch.
   * First the present objects as ADDED. There is no order between kinds. `onTrouble` gets the error while the cluster
   * cannot be watched, and undefined when it can again; rejects only when the cluster forbids or does not know a kind.
   */
  watch(
    kinds: readonly { readonly apiVersion: string; readonly kind: string }[],
    namespace: string,
    onChange: (change: ClusterChange) => void,
    signal: AbortSignal,
    onTrouble?: (error: AppError | undefined) => void,
  ): Promise<void>;
  /** The last lines of a container; `previous`: of the one before the last restart. Undefined when there is none. */
  logs(
    pod: {
      readonly namespace: string;
      readonly name: string;
      readonly container: string;
      readonly previous?: boolean;
      readonly tailLines: number;
    },
    signal: AbortSignal,
  ): Promise<string | undefined>;
  /**
   * Where a Service answers from outside; undefined while it has no address yet, null when it has none by nature. Throws
   * invalid/`node_port_taken` while another program has its node port.
   */
  serviceUrl(
    ref: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<string | null | undefined>;
  /** GET through the API server's service proxy: for tests of a Service without an address. */
  proxyGet(
    service: { readonly namespace: string; readonly name: string; readonly port: number },
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: string }>;
  /** True for the one-machine cluster that comes with the platform: it can run host-built images. */
  readonly embedded: boolean;
}
