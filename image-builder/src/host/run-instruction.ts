/**
 * A RUN line: refused, run for real, or failed with what a person needs to mend it.
 *
 * Throws AppError invalid/`build_failed`: the line, its exit code and its last lines of output.
 */
import { basename, dirname, join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Instruction } from '../dockerfile/dockerfile.js';
import type { Environment } from './host-bases.js';
import { statOf } from '../dockerfile/file-facts.js';
import type { HostMount } from './namespace-root.js';
import { calledPackageManager, REFUSED_EXIT_CODE, skippedCommands } from './refusals.js';
import { runStep, type RunResult } from './run-step.js';
import type { StageBuild } from './stage-build.js';

export interface RunSettings {
  /** Lines get namespaces of their own. */
  readonly isolated: boolean;
  readonly standIns: string;
  readonly scratch: string;
  /** Proxies, certificates, package indexes and the mark of the build are taken from it; nothing else reaches a line. */
  readonly env: Environment;
  readonly onLine: (stream: 'stdout' | 'stderr', text: string) => void;
}
const PASSED_ON =
  /^(?:https?_proxy|no_proxy|all_proxy|SSL_CERT_(?:FILE|DIR)|NODE_EXTRA_CA_CERTS|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|PIP_(?:INDEX_URL|EXTRA_INDEX_URL|CERT|FIND_LINKS|TRUSTED_HOST)|npm_config_(?:registry|cafile)|GOPROXY|GOSUMDB|MAVEN_OPTS|AWS_DEPLOYER_BUILD)$/i;

export async function runInstruction(build: StageBuild, instruction: Instruction): Promise<void> {
  const { stage } = build;
  const [heredoc] = instruction.heredocs;
  let argv: readonly string[];
  let shell = false;
  let input: string | undefined;
  if (instruction.json !== undefined) argv = instruction.json;
  else if (heredoc !== undefined && /^<<-?['"]?\w+['"]?$/.test(instruction.rest.trim())) {
    // The here-document is the script; its first line may name who reads it.
    const reader = /^#!\s*(\S+)\s*(\S*)/.exec(heredoc.content);
    shell = reader === null;
    argv =
      reader === null
        ? [...stage.shell, heredoc.content]
        : ['/usr/bin/env', basename(reader[1] ?? 'sh') === 'env' ? (reader[2] ?? 'sh') : (reader[1] ?? 'sh')];
    if (reader !== null) input = heredoc.content;
  } else {
    shell = true;
    const tails = instruction.heredocs.map((each) => `\n${each.content}${each.name}`).join('');
    argv = [...stage.shell, instruction.rest + tails];
  }
  const text = shell ? (argv.at(-1) ?? '') : argv.join(' ');

  const manager = calledPackageManager(text);
  if (manager !== undefined)
    throw failed(
      instruction,
      `${manager} would change the machine that builds; use an image with what is needed, or a Docker Engine`,
    );
  for (const name of skippedCommands(text))
    build.say(
      `warning: line ${String(instruction.line)}: ${name} is skipped, images of the host builder have no users`,
    );
  for (const flag of ['mount', 'network', 'security'])
    if (instruction.flags[flag] !== undefined)
      build.say(`warning: line ${String(instruction.line)}: --${flag} has no effect on the host`);

  const result = await run(build, argv, shell, input);
  if (result.outside !== undefined)
    throw failed(instruction, `it writes to ${result.outside}, outside of the image's own folders`);
  if (result.exitCode === 0) return;
  const last = result.lastLines.join('\n');
  const reason =
    result.exitCode === REFUSED_EXIT_CODE
      ? 'it calls a system package manager, which would change the machine that builds'
      : `it ended with exit code ${String(result.exitCode ?? 'none')}`;
  const outside = /Read-only file system/i.test(last)
    ? ' (it writes outside of the image: the folders of the system are read-only)'
    : '';
  throw failed(instruction, `${reason}${outside}${last === '' ? '' : `\n${last}`}`);
}

const failed = (instruction: Instruction, why: string): AppError =>
  new AppError(
    'invalid',
    'build_failed',
    `Dockerfile line ${String(instruction.line)}: ${instruction.text.slice(0, 300)}: ${why}`,
    {
      fields: [
        {
          field: 'source.dockerfile',
          message: `line ${String(instruction.line)} failed`,
          mend: 'Correct the line; the build log shows what it printed',
        },
      ],
    },
  );

async function run(
  build: StageBuild,
  argv: readonly string[],
  shell: boolean,
  input: string | undefined,
): Promise<RunResult> {
  const { stage } = build;
  const settings = build.run;
  const env: Record<string, string> = {
    HOME: '/root',
    LANG: 'C.UTF-8',
    // Caches stay out of the image, and compiled files with times in them too.
    npm_config_cache: '/var/tmp/.cache/npm',
    npm_config_prefix: '/usr/local',
    npm_config_update_notifier: 'false',
    XDG_CACHE_HOME: '/var/tmp/.cache',
    GOCACHE: '/var/tmp/.cache/go',
    PIP_NO_CACHE_DIR: '1',
    PIP_NO_COMPILE: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  for (const [name, value] of Object.entries(settings.env))
    if (value !== undefined && PASSED_ON.test(name)) env[name] = value;
  for (const [name, value] of [...stage.args, ...stage.env]) env[name] = value;
  return runStep(
    {
      root: stage.root,
      workdir: stage.workdir,
      argv,
      shell,
      ...(input !== undefined && { input }),
      env: settings.isolated ? env : { ...env, ...cachesIn(settings.scratch) },
      standIns: settings.standIns,
      mounts: settings.isolated ? await mountsOf(stage.base.binFolders) : [],
      scratch: settings.scratch,
      onLine: settings.onLine,
    },
    settings.isolated,
    build.signal,
  );
}

const cachesIn = (scratch: string): Record<string, string> => ({
  npm_config_cache: join(scratch, 'cache', 'npm'),
  XDG_CACHE_HOME: join(scratch, 'cache'),
  GOCACHE: join(scratch, 'cache', 'go'),
});

/** Folders with the runtime's programs that a namespace would not see. */
async function mountsOf(folders: readonly string[]): Promise<readonly HostMount[]> {
  const mounts: HostMount[] = [];
  for (const folder of new Set(folders)) {
    if (/^\/(?:usr|bin|sbin|lib)(?:\/|$)/.test(folder)) continue;
    const parent = dirname(folder);
    const whole = (await statOf(join(parent, 'lib'))) !== undefined;
    mounts.push(whole ? { source: parent, target: parent } : { source: folder, target: folder });
  }
  return mounts;
}
