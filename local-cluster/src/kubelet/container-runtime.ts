/**
 * What the kubelet asks of whatever runs containers: the Docker Engine, this host's processes, or a simulation.
 *
 * Images are kept by the runtime; a container is started from one and then only observed and ended: what is restarted is
 * a new container. Containers outlive this process when it is killed: `adopt` finds those of a pod again.
 * Errors: an image that cannot be had is a PullError, a command that cannot be started a StartError.
 */
import type { ExecSession } from '../api/hooks.js';
import type { HttpGetAction } from '../resources/types.js';
import type { ContainerSecurity } from './container-security.js';

export type RuntimeName = 'docker' | 'process' | 'simulated';

export interface RegistryCredential {
  readonly username: string;
  readonly password: string;
}
/** An image as the runtime has it. */
export interface LocalImage {
  /** `<repository>@sha256:…`: what a pod's status says as imageID. */
  readonly imageId: string;
  /** Lowest first. */
  readonly exposedPorts: readonly number[];
  readonly sizeBytes: number;
  /** As the image names it, empty for none; undefined: not known (simulation). */
  readonly user?: string;
}

/** `kind` decides what the kubelet says; the message is a sentence of the kind containerd gives. */
export class PullError extends Error {
  override readonly name = 'PullError';
  constructor(
    readonly kind: 'not_found' | 'unauthorized' | 'unreachable' | 'no_engine' | 'invalid_name' | 'other',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
/** The container could not be made (`create`) or its command could not be started (`run`, exit code 128). */
export class StartError extends Error {
  override readonly name = 'StartError';
  constructor(
    readonly stage: 'create' | 'run',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface MountSpec {
  /** A folder or file of this machine. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}
export interface ContainerSpec {
  readonly podUid: string;
  readonly podName: string;
  readonly namespace: string;
  readonly name: string;
  /** 0 for the first start; a restart counts up. Names the log file. */
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly command: readonly string[] | undefined;
  readonly args: readonly string[] | undefined;
  readonly workingDir: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** Declared by the pod, else exposed by the image; the first is what PORT means. */
  readonly ports: readonly number[];
  readonly mounts: readonly MountSpec[];
  readonly memoryLimitBytes: number | undefined;
  readonly cpuLimitCores: number | undefined;
  /** Heeded by the engine; host processes run as this program's user with its rights, whatever it says. */
  readonly security: ContainerSecurity;
  readonly logFile: string;
  readonly hostname: string;
  readonly podAnnotations: Readonly<Record<string, string>>;
  /** Join the network of this container of the same pod. */
  readonly networkOf: string | undefined;
}

export interface ContainerExit {
  readonly exitCode: number;
  readonly reason: 'Completed' | 'Error' | 'OOMKilled';
  readonly finishedAt: Date;
  readonly message?: string;
}
export interface ExecResult {
  readonly exitCode: number;
  readonly output: string;
}

export interface RunningContainer {
  /** `docker://…`, `process://<pid>-<start>` */
  readonly containerId: string;
  readonly runtime: RuntimeName;
  /** As in LocalImage; undefined for an adopted container whose image was not noted when it was started. */
  readonly imageId: string | undefined;
  readonly name: string;
  readonly attempt: number;
  readonly startedAt: Date;
  /**
   * The container's own address; undefined: it is this host's (the kubelet gives the pod a loopback address) or that of the
   * container whose network it joined; null: it has ended and has none, so nothing that answers anywhere is this container.
   */
  readonly ip: string | undefined | null;
  /** Container port → real loopback port, where they differ. */
  readonly ports: Readonly<Record<number, number>>;
  /** The value of PORT. */
  readonly port: number | undefined;
  readonly exited: Promise<ContainerExit>;
  exec(command: readonly string[], timeoutMs: number): Promise<ExecResult>;
  /** A command with its streams, for `kubectl exec`; absent where nothing really runs. */
  openExec?(
    command: readonly string[],
    options: { readonly stdin: boolean; readonly tty: boolean },
  ): Promise<ExecSession>;
  /** TERM, then KILL after the grace period. Resolves when it has ended. 0 kills at once. */
  stop(graceMs: number): Promise<void>;
  /** TCP ports its processes listen on; undefined where that cannot be told. */
  listeningPorts(): Promise<readonly number[] | undefined>;
  /** Answers a probe in the place of the network (simulation only); undefined: probe the network. */
  simulatedProbe?(action: HttpGetAction | undefined): { readonly ok: boolean; readonly message: string };
  /** Frees what the ended container left, but its log. */
  remove(): Promise<void>;
}

export interface ContainerRuntime {
  readonly name: RuntimeName;
  readonly version: string;
  /** The image if the runtime has it already. */
  findImage(image: string): Promise<LocalImage | undefined>;
  pull(image: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<LocalImage>;
  start(spec: ContainerSpec): Promise<RunningContainer>;
  /** Containers of the pod that still run, from before a restart of this process. */
  adopt(podUid: string): Promise<readonly RunningContainer[]>;
  /** Ends what runs for pods that are not in `known`. */
  endStrays(known: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
}
