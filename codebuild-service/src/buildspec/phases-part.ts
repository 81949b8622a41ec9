/** `phases`: the commands of install, pre_build, build and post_build, and the runtimes that install asks for. */
import {
  BUILDSPEC_PHASES,
  type BuildspecPhase,
  type BuildspecPhaseName,
  type Buildspec,
  type OnFailure,
} from './buildspec.js';
import { shown, type Entry, type NodeReader } from './node-reader.js';
import { nearestWord } from './nearest-word.js';

const KEYS = ['run-as', 'on-failure', 'commands', 'finally'] as const;
const RUNTIMES = ['android', 'docker', 'dotnet', 'golang', 'java', 'nodejs', 'php', 'python', 'ruby'];
const MOST_RETRIES = 100;
const USUAL_RETRIES = 3;
const LONGEST_PATTERN = 500;

export function readPhases(
  reader: NodeReader,
  entry: Entry | undefined,
  root: Entry,
): Pick<Buildspec, 'phases' | 'runtimeVersions'> {
  const phases: Partial<Record<BuildspecPhaseName, BuildspecPhase>> = {};
  let runtimeVersions: Record<string, string> = {};
  if (entry === undefined) {
    reader.problem(root.value, 'phases', 'is missing', 'add phases: with a build: phase and its commands:');
    return { phases, runtimeVersions };
  }
  const found = reader.fields(entry, BUILDSPEC_PHASES);
  for (const name of BUILDSPEC_PHASES) {
    const phase = found[name];
    if (phase === undefined) continue;
    const fields =
      name === 'install'
        ? reader.fields(phase, [...KEYS, 'runtime-versions'] as const)
        : reader.fields<(typeof KEYS)[number] | 'runtime-versions'>(phase, KEYS, {
            'runtime-versions': 'move it to phases.install: only that phase chooses runtimes',
          });
    if (fields['runtime-versions']) runtimeVersions = readRuntimes(reader, fields['runtime-versions']);
    const commands = reader.commands(fields.commands);
    const last = reader.commands(fields.finally);
    if (commands.length === 0 && last.length === 0 && fields['runtime-versions'] === undefined)
      reader.warn(phase.keyNode, phase.path, 'runs nothing', 'add commands: with a list, or remove the phase');
    phases[name] = {
      runAs: reader.word(fields['run-as']) ?? null,
      onFailure: readOnFailure(reader, fields['on-failure']),
      commands,
      finally: last,
    };
  }
  if (!Object.values(phases).some((phase) => phase.commands.length > 0 || phase.finally.length > 0))
    reader.warn(entry.keyNode, entry.path, 'no phase runs any command', 'add commands: to the build phase');
  return { phases, runtimeVersions };
}

function readRuntimes(reader: NodeReader, entry: Entry): Record<string, string> {
  return Object.fromEntries(
    reader.entries(entry).flatMap((item): [string, string][] => {
      const version = reader.word(item);
      if (!RUNTIMES.includes(item.key)) {
        const meant = nearestWord(item.key, RUNTIMES);
        reader.warn(
          item.keyNode,
          item.path,
          'is no runtime that the build images know',
          meant === undefined ? `use one of: ${RUNTIMES.join(', ')}` : `did you mean ${meant}?`,
        );
      }
      return version === undefined ? [] : [[item.key, version]];
    }),
  );
}

/** ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex, RETRY-count-regex. */
function readOnFailure(reader: NodeReader, entry: Entry | undefined): OnFailure {
  const word = reader.word(entry);
  if (entry === undefined || word === undefined) return { type: 'default' };
  if (word === 'ABORT') return { type: 'abort' };
  if (word === 'CONTINUE') return { type: 'continue' };
  const retry = /^RETRY(?:-(\d+)(?![^-]))?(?:-(.+))?$/.exec(word);
  if (retry === null) {
    const meant = nearestWord(word, ['ABORT', 'CONTINUE', 'RETRY']);
    reader.problem(
      entry.value,
      entry.path,
      `must be ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex or RETRY-count-regex, not ${shown(word)}`,
      meant === undefined ? 'use one of them, in capitals' : `did you mean ${meant}?`,
    );
    return { type: 'default' };
  }
  const times = retry[1] === undefined ? USUAL_RETRIES : Number(retry[1]);
  const pattern = retry[2] ?? null;
  if (times > MOST_RETRIES)
    reader.problem(
      entry.value,
      entry.path,
      `asks for ${String(times)} retries`,
      `ask for at most ${String(MOST_RETRIES)}`,
    );
  if (pattern !== null) checkPattern(reader, entry, pattern);
  return { type: 'retry', times, pattern };
}

function checkPattern(reader: NodeReader, entry: Entry, pattern: string): void {
  if (pattern.length > LONGEST_PATTERN)
    reader.problem(
      entry.value,
      entry.path,
      `has a regular expression of ${String(pattern.length)} characters`,
      `keep it to ${String(LONGEST_PATTERN)}`,
    );
  else
    try {
      new RegExp(pattern);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      reader.problem(entry.value, entry.path, error.message, 'mend the regular expression after RETRY-');
    }
}
