/**
 * Runs builds without any AWS account: the project's own buildspec, with the phases and the rules of CodeBuild, in a
 * container where there is a Docker Engine, else on this machine.
 *
 * Each build has a folder in `DATA_DIR/builds`, whose name is its `ref`; a look after a restart still tells what was. A build
 * whose process died is unknown: what it left running is ended at the next start, and the platform begins it again.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { BuildReportView } from '@aws-deployer/platform/contracts/builds';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { GitSource } from '@aws-deployer/platform/git/git-source';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type {
  BuildEngine,
  BuildHandle,
  BuildObservation,
  EngineArtifact,
  EngineBuild,
  EngineLogLine,
} from '../../ports/build-engine.js';
import { listArtifacts, openArtifactFile } from './build-artifacts.js';
import { BuildCache } from './build-cache.js';
import { BuildFolder, KEPT_BUILDS, pruneBuilds, type KeptBuilds } from './build-folder.js';
import { readBuildLog } from './build-log.js';
import { readReports } from './build-reports.js';
import { BuildRun, type RunTools } from './build-run.js';
import { checkSource } from './build-source.js';
import { awsVariablesOfPlan, checkEnvironment, providedVariables, refuseAwsVariables } from './build-variables.js';
import { openPlace } from './open-place.js';
import { endMarkedProcesses } from './process-tree.js';

export interface LocalBuildEngineOptions {
  readonly dataDir: string;
  /** The platform runs for one machine and its owner: builds may run on it, and sources may lie on it. */
  readonly localMode: boolean;
  /** PATH, proxies, certificates, DOCKER_HOST and what belongs to it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Git hosts that are trusted wherever they lie. */
  readonly gitAllowedHosts: readonly string[];
  readonly log: Logger;
  readonly kept?: KeptBuilds;
}

export class LocalBuildEngine implements BuildEngine {
  readonly name = 'local';
  private readonly root: string;
  /** Tells our builds' processes and containers from those of another platform on the same machine. */
  private readonly owner: string;
  private readonly runs = new Map<string, BuildRun>();
  private readonly starting = new Map<string, Promise<void>>();
  private readonly tools: RunTools;
  private pruning: Promise<void> = Promise.resolve();
  private recovered: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly options: LocalBuildEngineOptions) {
    const dataDir = resolve(options.dataDir);
    const { localMode, gitAllowedHosts: allowedHosts, env } = options;
    this.root = join(dataDir, 'builds');
    this.owner = createHash('sha256').update(this.root).digest('hex').slice(0, 16);
    this.tools = {
      git: new GitSource({ localMode, allowedHosts, dataDir, env }),
      uploads: join(dataDir, 'uploads'),
      cache: new BuildCache(join(dataDir, 'build-cache')),
      openPlace: (request, signal) => openPlace(request, { localMode, env, owner: this.owner }, signal),
      onFault: (err) => options.log.error('the local runner failed', { err }),
    };
  }

  /** Ends what a killed process left running. At the first use, or earlier when asked. */
  recover(): Promise<void> {
    this.recovered ??= this.endStrays();
    return this.recovered;
  }

  async start(build: EngineBuild, signal: AbortSignal): Promise<string> {
    await this.recover();
    signal.throwIfAborted();
    if (this.closed) throw new AppError('unavailable', 'local_runner_unreachable', 'The local runner is stopping');
    const ref = refOf(build);
    const begun = this.starting.get(ref) ?? this.begin(build, ref).finally(() => this.starting.delete(ref));
    this.starting.set(ref, begun);
    await begun;
    return ref;
  }

  private async begin(build: EngineBuild, ref: string): Promise<void> {
    if (this.runs.has(ref)) return;
    checkEnvironment(build.plan);
    refuseAwsVariables(awsVariablesOfPlan(build.plan), providedVariables(build));
    checkSource(build.plan, this.tools.git);
    const folder = new BuildFolder(join(this.root, ref));
    if ((await folder.read())?.ended === true) return;
    await folder.make();
    const run = new BuildRun(build, ref, folder, this.tools);
    this.runs.set(ref, run);
    void run.done.then(() => {
      this.runs.delete(ref);
      this.pruning = this.pruning.then(() => this.prune());
    });
  }

  async observe(handles: readonly BuildHandle[]): Promise<ReadonlyMap<string, BuildObservation>> {
    const found = await Promise.all(
      handles.map(async ({ ref }): Promise<readonly (readonly [string, BuildObservation])[]> => {
        const run = this.runs.get(ref);
        if (run !== undefined) return [[ref, run.observation]];
        const state = await this.folderOf(ref).read();
        return state?.ended === true ? [[ref, state.observation]] : [];
      }),
    );
    return new Map(found.flat());
  }

  async stop({ ref }: BuildHandle): Promise<void> {
    await this.runs.get(ref)?.end('stopped');
  }

  readLog(
    { ref }: BuildHandle,
    cursor: string | null,
  ): Promise<{ readonly lines: readonly EngineLogLine[]; readonly cursor: string | null }> {
    return readBuildLog(this.folderOf(ref).log, cursor);
  }

  reports({ ref }: BuildHandle): Promise<readonly BuildReportView[]> {
    return readReports(this.folderOf(ref).reports);
  }

  artifacts({ ref }: BuildHandle): Promise<readonly EngineArtifact[]> {
    return listArtifacts(this.folderOf(ref).artifacts);
  }

  openArtifact(
    { ref }: BuildHandle,
    artifact: string,
    path: string,
  ): Promise<{ readonly body: Readable; readonly sizeBytes: number | null }> {
    return openArtifactFile(this.folderOf(ref).artifacts, artifact, path);
  }

  /** Running builds are killed and count as died. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.runs.values()].map((run) => run.end('closing')));
    await this.pruning;
  }

  private async prune(): Promise<void> {
    if (this.closed) return;
    const { kept = KEPT_BUILDS, log } = this.options;
    await pruneBuilds(this.root, kept, new Set([...this.runs.keys(), ...this.starting.keys()])).catch((err: unknown) =>
      log.error('old builds cannot be removed', { err }),
    );
  }

  private folderOf(ref: string): BuildFolder {
    if (!/^[A-Za-z0-9-]+$/.test(ref)) throw new AppError('not_found', 'build_not_found', `There is no build ${ref}`);
    return new BuildFolder(join(this.root, ref));
  }

  private async endStrays(): Promise<void> {
    await mkdir(this.root, { recursive: true, mode: 0o700 });
    const ended = await endMarkedProcesses((mark) => mark.startsWith(`${this.owner}/`));
    if (ended > 0) this.options.log.warn('ended processes of builds that died', { processes: ended });
    let died = 0;
    for (const name of await readdir(this.root)) {
      const folder = new BuildFolder(join(this.root, name));
      if ((await folder.read())?.ended === true) continue;
      died += 1;
      await folder.removeWork();
    }
    if (died > 0) await (await import('./docker-program/docker-door.js')).removeStraySockets(this.owner);
    // The SDK of the engine is heavy: asked only where a build may have left a container.
    if (died === 0 || this.options.env['DOCKER_HOST'] === undefined) return;
    const { removeStrayContainers } = await import('./container/container-workplace.js');
    const containers = await removeStrayContainers(this.options.env, this.owner);
    if (containers > 0) this.options.log.warn('removed containers of builds that died', { containers });
  }
}

const refOf = ({ id, attempt }: EngineBuild): string => `${id}-${String(attempt)}`;
