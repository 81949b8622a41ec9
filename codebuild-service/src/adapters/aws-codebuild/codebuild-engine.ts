/**
 * Runs builds on AWS CodeBuild. It holds nothing that a restart would miss: a build is known by CodeBuild's own id, and a start
 * that is sent twice for the same build and attempt starts one (within the five minutes that CodeBuild remembers it).
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { AwsSession } from '../../ports/aws-session.js';
import type {
  BuildEngine,
  BuildHandle,
  BuildObservation,
  ElsewhereQuestion,
  EngineBuild,
} from '../../ports/build-engine.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { BuildArtifacts } from './build-artifacts.js';
import { BuildLogs } from './build-logs.js';
import { BuildLookup } from './build-lookup.js';
import { toObservation } from './build-observation.js';
import { BuildsElsewhere } from './builds-elsewhere.js';
import { BuildReports } from './build-reports.js';
import { awsErrorName, worded } from './codebuild-errors.js';
import { SecretVariables, secretGivenTo, secretOf } from './secret-variables.js';
import { readStandIns } from './stand-in-instants.js';
import { UploadSources } from './upload-sources.js';
import { toStartRequest } from './start-request.js';

export interface CodeBuildEngineOptions {
  readonly aws: AwsCaller;
  readonly log: Logger;
  /** Folder of uploaded sources. */
  readonly uploads: string;
  /** Where they are put for CodeBuild; undefined: one is made. */
  readonly bucket: string | undefined;
  /** Milliseconds between two looks at a report that AWS still reads; for tests. */
  readonly lookAgainMs?: number;
}

export class CodeBuildEngine implements BuildEngine {
  readonly name = 'codebuild';
  private readonly aws: AwsCaller;
  private readonly log: Logger;
  private readonly lookup: BuildLookup;
  private readonly logs: BuildLogs;
  private readonly elsewhere: BuildsElsewhere;
  private readonly buildReports: BuildReports;
  private readonly buildArtifacts: BuildArtifacts;
  private readonly secrets: SecretVariables;
  private readonly uploads: UploadSources;

  constructor({ aws, log, uploads, bucket, lookAgainMs }: CodeBuildEngineOptions) {
    this.aws = aws;
    this.log = log;
    this.lookup = new BuildLookup(aws);
    this.logs = new BuildLogs(aws);
    this.elsewhere = new BuildsElsewhere(aws, this.lookup);
    this.buildReports = new BuildReports(aws, lookAgainMs);
    this.buildArtifacts = new BuildArtifacts(aws);
    this.secrets = new SecretVariables(aws);
    this.uploads = new UploadSources(aws, uploads, bucket);
  }

  async start(build: EngineBuild, signal: AbortSignal): Promise<string> {
    const session = sessionOf(build);
    const { StartBuildCommand } = await import('@aws-sdk/client-codebuild');
    toStartRequest(build, []); // what CodeBuild cannot have is refused before anything is kept for it
    const { uploadSha256 } = build.plan;
    const upload =
      uploadSha256 === undefined ? undefined : await this.uploads.locationOf(session, uploadSha256, signal);
    const kept = await this.secrets.keep(session, build, signal);
    const command = new StartBuildCommand(toStartRequest(build, kept, upload));
    readStandIns(command);
    try {
      const started = await worded(
        this.aws.call(session, 'codebuild', (client, abortSignal) => client.send(command, { abortSignal }), { signal }),
        'start',
      );
      const id = started.build?.id;
      if (id === undefined) throw new AppError('unavailable', 'aws_failed', 'CodeBuild started a build and named none');
      return id;
    } catch (error) {
      // One that is tried again takes the same secret; one that never starts leaves none behind.
      const isFinal = error instanceof AppError && error.kind !== 'rate_limited' && error.kind !== 'unavailable';
      if (kept.length > 0 && isFinal) await this.forget(session, secretOf(build), signal);
      throw error;
    }
  }

  async observe(handles: readonly BuildHandle[], signal: AbortSignal): Promise<ReadonlyMap<string, BuildObservation>> {
    const seen = new Map<string, BuildObservation>();
    await Promise.all(
      handles.map(async (handle) => {
        const session = sessionOf(handle);
        const build = await worded(this.lookup.find(session, handle.ref, signal), 'build');
        if (build === undefined) return;
        seen.set(handle.ref, toObservation(build));
        const secret = secretGivenTo(build);
        if (secret !== null && build.buildComplete === true) await this.forget(session, secret, signal);
      }),
    );
    return seen;
  }

  async recent(question: ElsewhereQuestion, session: AwsSession | null, signal: AbortSignal) {
    return this.elsewhere.find(question, sessionOf({ session }), signal);
  }

  async stop(handle: BuildHandle, signal: AbortSignal): Promise<void> {
    const { StopBuildCommand } = await import('@aws-sdk/client-codebuild');
    const command = new StopBuildCommand({ id: handle.ref });
    readStandIns(command);
    try {
      await this.aws.call(
        sessionOf(handle),
        'codebuild',
        (client, abortSignal) => client.send(command, { abortSignal }),
        { signal },
      );
    } catch (error) {
      if (awsErrorName(error) !== 'ResourceNotFoundException') throw error;
    }
  }

  readLog(handle: BuildHandle, cursor: string | null, signal: AbortSignal) {
    const session = sessionOf(handle);
    return this.logs.read(session, cursor, () => this.lookup.get(session, handle.ref, signal), signal);
  }

  async reports(handle: BuildHandle, signal: AbortSignal) {
    const session = sessionOf(handle);
    const { reportArns = [], projectName = '' } = await this.lookup.get(session, handle.ref, signal);
    return this.buildReports.read(session, projectName, reportArns, signal);
  }

  async artifacts(handle: BuildHandle, signal: AbortSignal) {
    const session = sessionOf(handle);
    return this.buildArtifacts.list(session, await this.lookup.get(session, handle.ref, signal), signal);
  }

  async openArtifact(handle: BuildHandle, artifact: string, path: string, signal: AbortSignal) {
    const session = sessionOf(handle);
    const build = await this.lookup.get(session, handle.ref, signal);
    return this.buildArtifacts.open(session, build, artifact, path, signal);
  }

  async close(): Promise<void> {
    this.lookup.close();
  }

  /** A build is not held up by its secret: one that cannot be deleted now is told of, with its name. */
  private async forget(session: AwsSession, secret: string, signal: AbortSignal): Promise<void> {
    try {
      await this.secrets.forget(session, secret, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof AppError)) throw error;
      this.log.warn('the secret of an ended build could not be deleted', {
        secret,
        region: session.region,
        err: error,
      });
    }
  }
}

function sessionOf({ session }: { readonly session: AwsSession | null }): AwsSession {
  if (session === null) throw new AppError('internal', 'session_missing', 'A build on AWS needs a cloud account');
  return session;
}
