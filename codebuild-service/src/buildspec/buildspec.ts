/**
 * A buildspec of version 0.2 as it is run: every form that YAML allows (one command or a list, `yes` or `true`) is settled
 * here, so that a runner sees one shape. `parse-buildspec.ts` makes it of a text.
 */
import type { BuildspecProblem } from '@aws-deployer/platform/contracts/build-projects';

export const BUILDSPEC_PHASES = ['install', 'pre_build', 'build', 'post_build'] as const;
export type BuildspecPhaseName = (typeof BUILDSPEC_PHASES)[number];

/**
 * What follows a failed phase. `default` (nothing is said): a failed install or pre_build ends the build, a failed build is
 * still followed by post_build, as with CodeBuild. `abort`: the build ends at once. `continue`: the next phase all the same.
 * `retry`: the phase again, at most `times` times, while `pattern` (a regular expression; null: anything) is found in what
 * the failed command said.
 */
export type OnFailure =
  | { readonly type: 'default' }
  | { readonly type: 'abort' }
  | { readonly type: 'continue' }
  | { readonly type: 'retry'; readonly times: number; readonly pattern: string | null };

export interface BuildspecPhase {
  readonly runAs: string | null;
  readonly onFailure: OnFailure;
  readonly commands: readonly string[];
  /** Run after the commands, also when one of them failed. */
  readonly finally: readonly string[];
}

export const REPORT_FORMATS = [
  'JUNITXML',
  'CUCUMBERJSON',
  'NUNITXML',
  'NUNIT3XML',
  'TESTNGXML',
  'VISUALSTUDIOTRX',
  'CLOVERXML',
  'COBERTURAXML',
  'JACOCOXML',
  'SIMPLECOV',
] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
export interface BuildspecReport {
  /** Report group: a name, or an ARN. */
  readonly group: string;
  readonly files: readonly string[];
  readonly baseDirectory: string | null;
  readonly discardPaths: boolean;
  readonly format: ReportFormat;
}

export interface BuildspecArtifacts {
  /** Patterns relative to `baseDirectory`. */
  readonly files: readonly string[];
  /** A shell word: `app-$(date +%F)`. */
  readonly name: string | null;
  readonly discardPaths: boolean;
  /** A pattern too: `target/*` takes each folder that it matches. */
  readonly baseDirectory: string | null;
  readonly excludePaths: readonly string[];
  readonly enableSymlinks: boolean;
  readonly s3Prefix: string | null;
}

export interface BuildspecCache {
  readonly key: string | null;
  readonly fallbackKeys: readonly string[];
  readonly action: 'both' | 'restore' | 'save';
  readonly paths: readonly string[];
}

/** What a task of a batch has otherwise than its project; null, and a variable that is not named: as the project has it. */
export interface BatchEnvironment {
  readonly compute: string | null;
  readonly fleet: string | null;
  readonly image: string | null;
  readonly privileged: boolean | null;
  readonly type: string | null;
  readonly variables: Readonly<Record<string, string>>;
}
export interface BatchTask {
  /** null: of a list, where it may be left out. */
  readonly identifier: string | null;
  /** Path or text of another buildspec; null: the one that the batch stands in. */
  readonly buildspec: string | null;
  /** Its failure fails neither the batch nor those that wait for it. */
  readonly ignoreFailure: boolean;
  readonly environment: BatchEnvironment;
  /** Identifiers of tasks that must have ended well before. */
  readonly dependsOn: readonly string[];
}
/** Each value of each with each value of all others. */
export interface BatchMatrix {
  readonly ignoreFailure: boolean;
  readonly environment: BatchEnvironment;
  readonly buildspecs: readonly string[];
  readonly computes: readonly string[];
  readonly fleets: readonly string[];
  readonly images: readonly string[];
  readonly variables: Readonly<Record<string, readonly string[]>>;
}
export interface BuildspecBatch {
  /** The first failure stops the rest. */
  readonly fastFail: boolean;
  /** `fanout` shares the tests of one build among several by CodeBuild's own program. */
  readonly builds:
    | { readonly kind: 'list' | 'graph'; readonly tasks: readonly BatchTask[] }
    | ({ readonly kind: 'matrix' } & BatchMatrix)
    | { readonly kind: 'fanout' };
}

export interface Buildspec {
  /** Linux user of all phases that name no other; null: as the engine runs by itself. */
  readonly runAs: string | null;
  readonly env: {
    /** `bash`, `/bin/sh`, `powershell.exe`, `cmd.exe`; null: `/bin/sh`. */
    readonly shell: string | null;
    readonly variables: Readonly<Record<string, string>>;
    /** Variable → name of the parameter. */
    readonly parameterStore: Readonly<Record<string, string>>;
    /** Variable → `secret-id[:json-key[:version-stage[:version-id]]]`. */
    readonly secretsManager: Readonly<Record<string, string>>;
    readonly exportedVariables: readonly string[];
    readonly gitCredentialHelper: boolean;
  };
  readonly proxy: { readonly uploadArtifacts: boolean; readonly logs: boolean };
  readonly phases: Readonly<Partial<Record<BuildspecPhaseName, BuildspecPhase>>>;
  /** Of the install phase: `nodejs` → `20`. */
  readonly runtimeVersions: Readonly<Record<string, string>>;
  readonly reports: readonly BuildspecReport[];
  readonly artifacts: BuildspecArtifacts | null;
  readonly secondaryArtifacts: Readonly<Record<string, BuildspecArtifacts>>;
  readonly cache: BuildspecCache | null;
  /** The builds of a batch; a plain build goes past it. */
  readonly batch: BuildspecBatch | null;
}

/** `buildspec` is there when there is no problem; warnings do not keep it from running. */
export interface ParsedBuildspec {
  readonly buildspec: Buildspec | null;
  readonly problems: readonly BuildspecProblem[];
  readonly warnings: readonly BuildspecProblem[];
}
