/** What builds of codebuild-service have made. */
import type { GateResult } from '@aws-deployer/platform/contracts/builds';

export interface BuiltImageFacts {
  readonly buildId: string;
  /** `build 12 of shop`: for sentences. */
  readonly name: string;
  readonly succeeded: boolean;
  /** `repository:tag` and digest; null: the build names no image. */
  readonly image: string | null;
  readonly digest: string | null;
  readonly gates: readonly GateResult[];
}
export interface BuiltImages {
  /** Throws not_found/`build_not_found`, unavailable/`codebuild_unreachable`. */
  ofBuild(buildId: string, signal: AbortSignal): Promise<BuiltImageFacts>;
}
