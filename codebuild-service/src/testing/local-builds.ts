/** The local runner in a folder of its own, and builds for it: for tests of what the runner does with them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import { newId } from '@aws-deployer/platform/database/ids';
import { silentLogger, type Logger } from '@aws-deployer/platform/observability/logger';
import { expect, onTestFinished, vi } from 'vitest';
import { LocalBuildEngine, type LocalBuildEngineOptions } from '../adapters/local-runner/local-build-engine.js';
import type { BuildHandle, BuildObservation, EngineBuild } from '../ports/build-engine.js';
import { settingsOf } from '../build-projects/build-project.js';

export type LocalBuildInput = Partial<Omit<CreateBuildProjectInput, 'name' | 'buildspec'>> & {
  readonly project?: string;
  /** Inline text, or a path in the source. */
  readonly buildspec: string | { readonly path: string };
  readonly secretVariables?: Readonly<Record<string, string>>;
  readonly timeoutMinutes?: number;
  readonly id?: string;
  readonly number?: number;
  readonly attempt?: number;
  readonly uploadSha256?: string;
};

export function localBuild(input: LocalBuildInput): EngineBuild {
  const {
    project = 'shop',
    buildspec,
    secretVariables = {},
    timeoutMinutes,
    id,
    number,
    attempt,
    uploadSha256,
    ...settings
  } = input;
  const body = CreateBuildProjectBody.parse({
    name: project,
    source: { type: 'none' },
    ...settings,
    buildspec:
      typeof buildspec === 'string' ? { type: 'inline', text: buildspec } : { type: 'file', path: buildspec.path },
  });
  const settled = settingsOf(body);
  const plan = {
    project,
    source: settled.source,
    sourceVersion: settled.source.version,
    buildspec: typeof buildspec === 'string' ? { text: buildspec } : buildspec,
    environment: settled.environment,
    artifacts: settled.artifacts,
    cache: settled.cache,
    timeoutMinutes: timeoutMinutes ?? settled.timeout_minutes,
    queuedTimeoutMinutes: settled.queued_timeout_minutes,
    uploadSha256,
    overridden: {
      buildspec: false,
      image: false,
      compute: false,
      privileged: false,
      timeout: false,
      artifacts: false,
      source: false,
    },
  };
  return { id: id ?? newId(), attempt: attempt ?? 1, number: number ?? 1, plan, secretVariables, session: null };
}

export interface TestRunner {
  readonly engine: LocalBuildEngine;
  readonly dataDir: string;
  /** Another process on the same folder, as after a crash or a restart. */
  readonly again: () => LocalBuildEngine;
  readonly start: (input: LocalBuildInput | EngineBuild) => Promise<BuildHandle>;
  /** Until it has ended. */
  readonly ended: (handle: BuildHandle) => Promise<BuildObservation>;
  /** `stream: text` of each line. */
  readonly log: (handle: BuildHandle) => Promise<string[]>;
  readonly run: (
    input: LocalBuildInput | EngineBuild,
  ) => Promise<{ readonly handle: BuildHandle; readonly seen: BuildObservation; readonly log: readonly string[] }>;
}

export async function localRunner(
  options: Partial<LocalBuildEngineOptions> & { readonly log?: Logger } = {},
): Promise<TestRunner> {
  const dataDir = await mkdtemp(join(tmpdir(), 'local-runner-'));
  const engines: LocalBuildEngine[] = [];
  const open = (): LocalBuildEngine => {
    const engine = new LocalBuildEngine({
      dataDir,
      localMode: true,
      env: { PATH: process.env['PATH'] },
      gitAllowedHosts: [],
      log: silentLogger,
      ...options,
    });
    engines.push(engine);
    return engine;
  };
  const engine = open();
  onTestFinished(async () => {
    for (const each of engines) await each.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const start = async (input: LocalBuildInput | EngineBuild): Promise<BuildHandle> => ({
    ref: await engine.start('plan' in input ? input : localBuild(input), AbortSignal.timeout(10_000)),
    session: null,
  });
  const ended = (handle: BuildHandle): Promise<BuildObservation> =>
    vi.waitFor(
      async () => {
        const seen = (await engine.observe([handle])).get(handle.ref);
        expect(seen?.endedAt).toEqual(expect.any(String));
        if (seen === undefined) throw new Error('the build is unknown');
        return seen;
      },
      { timeout: 110_000, interval: 20 },
    );
  const log = async (handle: BuildHandle): Promise<string[]> => {
    const lines: string[] = [];
    for (let cursor: string | null = null; ;) {
      const read: Awaited<ReturnType<LocalBuildEngine['readLog']>> = await engine.readLog(handle, cursor);
      lines.push(...read.lines.map(({ stream, text }) => `${stream}: ${text}`));
      if (read.cursor === cursor) return lines;
      cursor = read.cursor;
    }
  };
  return {
    engine,
    dataDir,
    again: open,
    start,
    ended,
    log,
    run: async (input) => {
      const handle = await start(input);
      const seen = await ended(handle);
      return { handle, seen, log: await log(handle) };
    },
  };
}
