import type { GateResult } from '@aws-deployer/platform/contracts/builds';
import type { RegistryAccount } from './registry-account.js';

/** Turns a folder with a Dockerfile into an image in a registry. */
export interface ImageBuildRequest {
  /** Same key, same build: a second call after a crash resumes or repeats it harmlessly. */
  readonly key: string;
  /** For whom: a builder with projects of its own has one for each application. */
  readonly application: string;
  /** Absolute path of the build context: already checked to lie inside the checkout. */
  readonly contextDir: string;
  /** Path of the Dockerfile, absolute, inside the checkout. */
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** `127.0.0.1:5001/shop` */
  readonly repository: string;
  readonly tag: string;
  readonly registry: RegistryAccount;
  readonly onLine: (stream: 'stdout' | 'stderr' | 'system', text: string) => void;
}
export interface BuiltImage {
  /** `repository:tag` */
  readonly image: string;
  /** `sha256:…` of the pushed manifest. */
  readonly digest: string;
  /** The first EXPOSE, if the Dockerfile has one. */
  readonly exposedPort: number | undefined;
  /** Set when a base that could not be pulled was assembled from the host's runtime (local mode only). */
  readonly baseSubstituted: string | undefined;
  readonly runtime: 'container' | 'host';
  /** Set where a build of codebuild-service made it. */
  readonly build?: { readonly id: string; readonly gates: readonly GateResult[] };
}
/**
 * Throws AppError: invalid/`dockerfile_missing`, `dockerfile_invalid`, `build_failed` (the failing instruction, exit
 * code, last lines), `base_refused`, `base_not_found`; unavailable/`builder_unreachable`, `push_failed`. The log is
 * already streamed through `onLine`. Aborting leaves no container, process or scratch folder behind.
 */
export interface ImageBuilder {
  readonly name: 'docker' | 'host' | 'codebuild';
  build(request: ImageBuildRequest, signal: AbortSignal): Promise<BuiltImage>;
  /**
   * Images that the Dockerfile stands on and that a build would have to fetch; what is here already is not among them. Throws as
   * `build`, but looks only. Absent: nothing is ever fetched.
   */
  basesToFetch?(
    request: Pick<ImageBuildRequest, 'dockerfile' | 'buildArgs'>,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Ends the build of a process that is gone, where it goes on elsewhere without it. Absent: it ended with that process. */
  end?(key: string): Promise<void>;
}
