/**
 * Runs builds: AWS CodeBuild, or the local runner. The platform's queue decides when; an engine starts what it is told to.
 *
 * All methods throw AppError: unavailable/`…_unreachable` (try again), rate_limited/`account_limit` (the account runs as
 * many as it may: back to the queue, nobody is told), invalid (the build can never start: names the field and the mend).
 */
import type { Readable } from 'node:stream';
import type {
  ProjectArtifacts,
  ProjectCache,
  ProjectSource,
  BuildEnvironment,
  BuildVariable,
} from '@aws-deployer/platform/contracts/build-projects';
import type {
  BuildFailure,
  BuildPhaseName,
  BuildPhaseView,
  BuildReportView,
  BuildStatus,
} from '@aws-deployer/platform/contracts/builds';
import type { AwsSession } from './aws-session.js';

/** A build as it is to run: the project with the build's own settings laid over it. Kept with the build: it can run again. */
export interface BuildPlan {
  readonly project: string;
  readonly source: ProjectSource;
  /** Sha256 of a tar among the uploads (see UploadStore): its files are the source, in the place of `source`. */
  readonly uploadSha256?: string | undefined;
  /** Branch, tag, commit or S3 version; undefined: the source's default. */
  readonly sourceVersion: string | undefined;
  /** Inline text, or a path in the source. */
  readonly buildspec: { readonly text: string } | { readonly path: string };
  readonly environment: BuildEnvironment;
  readonly artifacts: ProjectArtifacts;
  readonly cache: ProjectCache;
  readonly timeoutMinutes: number;
  readonly queuedTimeoutMinutes: number;
  /** Set by the platform, and what CodeBuild would be told by its own queue otherwise. */
  readonly overridden: {
    readonly buildspec: boolean;
    readonly image: boolean;
    readonly compute: boolean;
    readonly privileged: boolean;
    readonly timeout: boolean;
    readonly artifacts: boolean;
    readonly source: boolean;
  };
}
export interface EngineBuild {
  /** Ours: starting twice with the same id and attempt starts one build. */
  readonly id: string;
  readonly attempt: number;
  readonly number: number;
  readonly plan: BuildPlan;
  /** Variables that only this start carries and that are stored nowhere in the clear (a registry's password): never shown. */
  readonly secretVariables: Readonly<Record<string, string>>;
  /** null for the local runner. */
  readonly session: AwsSession | null;
}
/** How an engine names a build it has started: CodeBuild's id (`project:uuid`), the local runner's folder. */
export interface BuildHandle {
  readonly ref: string;
  readonly session: AwsSession | null;
}

export interface BuildObservation {
  /** Never `queued`: that is the platform's word; CodeBuild's own queue is `starting`. */
  readonly status: Exclude<BuildStatus, 'queued'>;
  readonly phase: BuildPhaseName | null;
  readonly phases: readonly BuildPhaseView[];
  /** Set at the end of a build that is not good, as far as the engine knows it; the last lines come from the log. */
  readonly failure: BuildFailure | null;
  readonly resolvedCommit: string | null;
  readonly runtime: 'container' | 'host' | null;
  readonly imageSubstituted: string | null;
  readonly exportedVariables: Readonly<Record<string, string>>;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}
export interface EngineLogLine {
  /** RFC 3339. */
  readonly ts: string;
  readonly phase: BuildPhaseName | null;
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly text: string;
}
export interface EngineArtifact {
  readonly artifact: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Which builds that the platform did not start are asked for. */
export interface ElsewhereQuestion {
  /** Names of projects. */
  readonly projects: readonly string[];
  /** Of these refs, those that the platform has no build of. */
  readonly unknown: (refs: readonly string[]) => Promise<readonly string[]>;
  /** RFC 3339: what ended before is passed over. */
  readonly endedAfter: string;
}
/** A build that somebody started without the platform. */
export interface ElsewhereBuild {
  readonly ref: string;
  readonly project: string;
  /** In the engine's words: a person, a role, a pipeline, a webhook. */
  readonly initiator: string;
  readonly byWebhook: boolean;
  readonly submittedAt: string | null;
  readonly sourceVersion: string | null;
  readonly image: string | null;
  readonly compute: string | null;
  readonly privileged: boolean | null;
  readonly variables: readonly BuildVariable[];
  readonly observation: BuildObservation;
}

export interface BuildEngine {
  readonly name: 'local' | 'codebuild';
  start(build: EngineBuild, signal: AbortSignal): Promise<string>;
  /** Many at a look (CodeBuild: 100 a call). A ref that is missing in the answer is unknown to the engine: it died, or was deleted. */
  observe(handles: readonly BuildHandle[], signal: AbortSignal): Promise<ReadonlyMap<string, BuildObservation>>;
  /** Only where others can start builds too: the newest of each project that the platform does not know. */
  recent?(
    question: ElsewhereQuestion,
    session: AwsSession | null,
    signal: AbortSignal,
  ): Promise<readonly ElsewhereBuild[]>;
  /** Harmless for one that has ended. */
  stop(handle: BuildHandle, signal: AbortSignal): Promise<void>;
  /** Lines after `cursor` (null: from the beginning); the same cursor again when there is nothing new. */
  readLog(
    handle: BuildHandle,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<{ readonly lines: readonly EngineLogLine[]; readonly cursor: string | null }>;
  /** Once a build has ended. */
  reports(handle: BuildHandle, signal: AbortSignal): Promise<readonly BuildReportView[]>;
  artifacts(handle: BuildHandle, signal: AbortSignal): Promise<readonly EngineArtifact[]>;
  openArtifact(
    handle: BuildHandle,
    artifact: string,
    path: string,
    signal: AbortSignal,
  ): Promise<{ readonly body: Readable; readonly sizeBytes: number | null }>;
  close(): Promise<void>;
}
