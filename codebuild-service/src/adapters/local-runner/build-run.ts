/**
 * One build from its start to its end: a place to work in, the source, the phases of the buildspec, what it made.
 *
 * A build that is not good is an outcome, told in its record; `done` never rejects. `end` cuts it off: everything it started
 * is killed, and what is known is kept. A build that is cut off because the platform stops stays without an end in its
 * record, so the next start knows that it died.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildPhaseName } from '@aws-deployer/platform/contracts/builds';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { SourceRepository } from '@aws-deployer/platform/git/source-repository';
import { Masker } from '@aws-deployer/platform/masking/mask';
import type { Buildspec } from '../../buildspec/buildspec.js';
import type { BuildObservation, EngineBuild } from '../../ports/build-engine.js';
import { keepArtifacts } from './build-artifacts.js';
import type { BuildCache } from './build-cache.js';
import type { BuildFolder } from './build-folder.js';
import { BuildLog } from './build-log.js';
import { BuildRecord, type BuildEnd } from './build-record.js';
import { keepReports } from './build-reports.js';
import { fetchSource } from './build-source.js';
import { awsVariablesOfBuildspec, buildVariables, providedVariables, refuseAwsVariables } from './build-variables.js';
import { runBuildspecPhases, shortened } from './buildspec-phases.js';
import { CommandShell } from './command-shell.js';
import { checkedBuildspec, readBuildspecText } from './read-buildspec.js';
import { packFolder } from './tar-archive.js';
import type { Workplace } from './workplace.js';

export interface PlaceRequest {
  readonly build: EngineBuild;
  readonly folder: string;
  readonly ref: string;
  readonly log: BuildLog;
}
export interface RunTools {
  readonly git: SourceRepository;
  /** Folder of uploaded sources. */
  readonly uploads: string;
  readonly cache: BuildCache;
  readonly openPlace: (request: PlaceRequest, signal: AbortSignal) => Promise<Workplace>;
  /** Faults of ours, not of the build. */
  readonly onFault: (error: unknown) => void;
}
export type CutOff = 'stopped' | 'timed_out' | 'closing';

/** A phase failed, and that is in the record. */
class PhaseEnded extends Error {
  constructor(readonly end: BuildEnd) {
    super(`the build ended: ${end}`);
  }
}

export class BuildRun {
  readonly done: Promise<void>;
  private readonly cut = new AbortController();
  private readonly startedAt = new Date();
  private readonly record: BuildRecord;
  private readonly log: BuildLog;
  private place: Workplace | undefined;
  private why: CutOff | undefined;
  private command: string | null = null;

  constructor(
    private readonly build: EngineBuild,
    private readonly ref: string,
    private readonly folder: BuildFolder,
    private readonly tools: RunTools,
  ) {
    this.record = new BuildRecord(build, folder, this.startedAt);
    this.log = new BuildLog(folder.log, new Masker(Object.values(build.secretVariables)));
    const timer = setTimeout(() => this.cutOff('timed_out'), build.plan.timeoutMinutes * 60_000);
    this.done = this.run().finally(() => clearTimeout(timer));
  }

  get observation(): BuildObservation {
    return this.record.observation;
  }

  /** Resolves when everything has ended. */
  async end(why: CutOff): Promise<void> {
    this.cutOff(why);
    await this.done;
  }

  private cutOff(why: CutOff): void {
    if (this.why !== undefined) return;
    this.why = why;
    this.cut.abort(new Error(why));
    this.place?.close().catch((error: unknown) => this.tools.onFault(error)); // closed again at the end
  }

  private async run(): Promise<void> {
    let end: BuildEnd;
    try {
      end = await this.perform();
    } catch (error) {
      if (!(error instanceof PhaseEnded)) this.tools.onFault(error);
      end = error instanceof PhaseEnded ? error.end : 'fault';
    }
    try {
      await this.place?.close();
      await this.folder.removeWork();
    } catch (error) {
      this.tools.onFault(error);
    }
    try {
      // Whoever sees the end finds the whole log.
      await this.log.close();
      if (this.why !== 'closing') await this.record.end(end);
    } catch (error) {
      this.tools.onFault(error);
    }
  }

  private async perform(): Promise<BuildEnd> {
    const { build, log, record, tools } = this;
    const { signal } = this.cut;
    for (const name of ['SUBMITTED', 'QUEUED'] as const) await this.phase(name, () => Promise.resolve());
    const place = await this.phase('PROVISIONING', async () => {
      this.place = await tools.openPlace({ build, folder: this.folder.path, ref: this.ref, log }, signal);
      await record.set({ runtime: this.place.runtime, imageSubstituted: this.place.imageSubstituted });
      signal.throwIfAborted();
      return this.place;
    });
    const { shell, buildspec } = await this.phase('DOWNLOAD_SOURCE', () => this.prepare(place));
    const { succeeded, uploads } = await this.phaseless(() =>
      runBuildspecPhases({
        buildspec,
        shell,
        log,
        record,
        runsAsUsers: place.runtime === 'container',
        signal,
        onCommand: (command) => (this.command = command),
      }),
    );
    let good = succeeded;
    if (uploads) good = (await this.upload(place, buildspec, shell)) && good;
    await this.phase('FINALIZING', async () => {
      if (!uploads) await this.keepReports(place, buildspec);
      await this.keepVariables(place, buildspec, shell);
      if (good) await this.saveCache(place, buildspec);
      await place.close();
    });
    return good ? 'succeeded' : 'failed';
  }

  private async prepare(place: Workplace): Promise<{ shell: CommandShell; buildspec: Buildspec }> {
    const { build, log, tools } = this;
    const { plan } = build;
    const { signal } = this.cut;
    const onHost = place.runtime === 'host';
    const source = onHost ? place.folders.source : join(this.folder.path, 'src');
    const say = (text: string): void => log.say(text);
    await mkdir(source, { recursive: true });
    const commit = await fetchSource(plan, source, { git: tools.git, uploads: tools.uploads, say }, signal);
    await this.record.set({ resolvedCommit: commit });
    const buildspec = checkedBuildspec(await readBuildspecText(plan, source), say);
    refuseAwsVariables(awsVariablesOfBuildspec(buildspec), providedVariables(build));
    if (!onHost) await place.put(place.folders.source, await packFolder(source, ''), signal);
    await place.sourceReady?.(source, signal);
    if (usesCache(build, buildspec, 'restore')) await tools.cache.restore(plan.project, place, say, signal);
    for (const [name, version] of Object.entries(buildspec.runtimeVersions))
      say(`runtime-versions ${name} ${version}: what the image or this machine has is used`);
    const env = {
      ...place.env,
      ...buildVariables({ build, buildspec, folders: place.folders, commit, startedAt: this.startedAt }),
    };
    const program = buildspec.env.shell ?? '/bin/sh';
    if (!/^(?:\/(?:usr\/)?bin\/)?(?:sh|bash)$/.test(program))
      throw new AppError('invalid', 'shell_refused', `env.shell ${program} is not run here`, {
        fields: [{ field: 'buildspec', message: `env.shell is ${program}`, mend: 'Use bash or /bin/sh' }],
      });
    const shell = new CommandShell({
      open: (user) => {
        signal.throwIfAborted();
        return place.openShell({ shell: program === 'sh' ? '/bin/sh' : program, user, env });
      },
      stateFile: `${place.folders.temporary}/.aws-deployer-shell`,
      startFolder: place.folders.source,
      onLine: (stream, text) => log.write(stream, text),
      pressure: () => log.pressure(),
    });
    return { shell, buildspec };
  }

  /** Answers whether it went well. */
  private async upload(place: Workplace, buildspec: Buildspec, shell: CommandShell): Promise<boolean> {
    const { signal } = this.cut;
    try {
      await this.phase('UPLOAD_ARTIFACTS', async () => {
        await this.keepReports(place, buildspec);
        await keepArtifacts(
          {
            place,
            plan: this.build.plan,
            buildspec,
            folder: this.folder.artifacts,
            expand: async (name) => {
              await shell.run(`AWS_DEPLOYER_NAME="${name.replaceAll('"', '\\"')}"`);
              return (await shell.values(['AWS_DEPLOYER_NAME']))['AWS_DEPLOYER_NAME'] ?? name;
            },
            say: (text) => this.log.say(text),
          },
          signal,
        );
      });
      return true;
    } catch (error) {
      if (error instanceof PhaseEnded && error.end === 'failed') return false;
      throw error;
    }
  }

  private keepReports(place: Workplace, buildspec: Buildspec): Promise<void> {
    return keepReports(place, buildspec, this.folder.reports, (text) => this.log.say(text), this.cut.signal);
  }

  private async keepVariables(place: Workplace, buildspec: Buildspec, shell: CommandShell): Promise<void> {
    const exported = await shell.values(buildspec.env.exportedVariables);
    const facts = (await place.imageFacts?.(exported)) ?? {};
    const all = Object.entries({ ...facts, ...exported }).map(([name, value]) => [name, this.log.mask(value)] as const);
    await this.record.set({ exportedVariables: Object.fromEntries(all) });
  }

  private async saveCache(place: Workplace, buildspec: Buildspec): Promise<void> {
    if (!usesCache(this.build, buildspec, 'save')) return;
    const { paths } = buildspec.cache ?? { paths: [] };
    await this.tools.cache.save(this.build.plan.project, paths, place, (text) => this.log.say(text), this.cut.signal);
  }

  /** A phase of the runner's own. Rejects with PhaseEnded, and then the record says why. */
  private async phase<T>(name: BuildPhaseName, work: () => Promise<T>): Promise<T> {
    await this.record.begin(name);
    this.log.enter(name);
    const result = await this.phaseless(work);
    await this.record.finish('succeeded');
    if (name !== 'SUBMITTED' && name !== 'QUEUED') this.log.say(`Phase complete: ${name} State: SUCCEEDED`);
    return result;
  }

  private async phaseless<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.cut.signal.throwIfAborted();
      return result;
    } catch (error) {
      throw await this.ended(error);
    }
  }

  private async ended(error: unknown): Promise<PhaseEnded> {
    const phase = this.record.phase;
    const told = (message: string): void => {
      this.record.fail({
        phase,
        command: this.command === null ? null : this.log.mask(this.command),
        exit_code: null,
        message: this.log.mask(message),
        last_lines: [],
      });
      this.log.say(
        `Phase complete: ${phase ?? ''} State: ${this.why === undefined ? 'FAILED' : this.why.toUpperCase()}`,
      );
      this.log.say(message);
    };
    const during = this.command === null ? '' : ` while ${shortened(this.command)} ran`;
    if (this.why === 'timed_out') {
      told(
        `The build took longer than its ${String(this.build.plan.timeoutMinutes)} minutes and was ended in phase ${phase ?? ''}${during}.`,
      );
      await this.record.finish('timed_out', 'BUILD_TIMED_OUT: Build has timed out.');
      return new PhaseEnded('timed_out');
    }
    if (this.why !== undefined) {
      told(`The build was stopped in phase ${phase ?? ''}${during}.`);
      await this.record.finish('stopped');
      return new PhaseEnded('stopped');
    }
    const known = error instanceof AppError && error.kind !== 'internal';
    if (!known) this.tools.onFault(error);
    told(known ? wordsOf(error) : `The runner failed: ${messageOf(error)}`);
    await this.record.finish(known ? 'client_error' : 'fault', this.log.mask(messageOf(error)));
    return new PhaseEnded(known ? 'failed' : 'fault');
  }
}

/** The message with the first mend: one sentence that helps. */
function wordsOf(error: AppError): string {
  const mend = error.fields[0]?.mend;
  return mend === undefined || mend === '' ? error.message : `${error.message.replace(/\.$/, '')}. ${mend}.`;
}

function usesCache({ plan }: EngineBuild, { cache }: Buildspec, step: 'restore' | 'save'): boolean {
  if (cache === null || cache.paths.length === 0 || plan.cache.type === 'none') return false;
  if (plan.cache.type === 'local' && !plan.cache.modes.includes('custom')) return false;
  return cache.action === 'both' || cache.action === step;
}
