/**
 * Carries out the instructions of one stage in its image root, in order, as the Dockerfile reference says.
 *
 * Left out with a word in the log: USER (the image's configuration names it), ownership, HEALTHCHECK, ONBUILD and mounts
 * of RUN, which mean nothing to host processes. Throws AppError with the line: `dockerfile_invalid`, `build_failed`, `context_escape`.
 */
import { execFile } from 'node:child_process';
import { posix } from 'node:path';
import { promisify } from 'node:util';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { BuildContext } from '../dockerfile/build-context.js';
import { copyFiles, writeImageFile, type CopySource } from './copy-files.js';
import { dockerfileInvalid, type Instruction } from '../dockerfile/dockerfile.js';
import { statOf } from '../dockerfile/file-facts.js';
import { makeFolder, placeInRoot } from './image-root.js';
import { expandPairs, expandText, expandWords, type Lookup } from '../dockerfile/instruction-words.js';
import { runInstruction, type RunSettings } from './run-instruction.js';
import type { StageState } from './stage-state.js';

export interface StageBuild {
  readonly stage: StageState;
  readonly context: BuildContext;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Values of ARG lines before the first FROM. */
  readonly globalArgs: ReadonlyMap<string, string>;
  readonly escape: string;
  /** Roots of earlier stages by name and by number. */
  readonly stageRoot: (name: string) => string | undefined;
  readonly run: RunSettings;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

export async function applyInstruction(build: StageBuild, instruction: Instruction): Promise<void> {
  const { stage, escape } = build;
  const lookup: Lookup = (name) => stage.env.get(name) ?? stage.args.get(name);
  const words = (): readonly string[] =>
    instruction.json?.map((word) => expandText(word, lookup)) ?? expandWords(instruction.rest, lookup, escape);
  const need = (value: string | undefined): string => {
    if (value === undefined || value === '')
      throw dockerfileInvalid(instruction.line, `${instruction.keyword} needs an argument`);
    return value;
  };
  switch (instruction.keyword) {
    case 'ARG':
      for (const [name, preset] of expandPairs(need(instruction.rest), lookup, escape)) {
        const given = build.buildArgs[name];
        const value = given ?? (instruction.rest.includes(`${name}=`) ? preset : build.globalArgs.get(name));
        if (value !== undefined) stage.args.set(name, value);
      }
      return;
    case 'ENV':
      for (const [name, value] of expandPairs(need(instruction.rest), lookup, escape)) stage.env.set(name, value);
      return;
    case 'LABEL':
      for (const [name, value] of expandPairs(need(instruction.rest), lookup, escape)) stage.labels.set(name, value);
      return;
    case 'WORKDIR':
      stage.workdir = posix.resolve(stage.workdir, need(words().join(' ')));
      await makeFolder(stage.root, stage.workdir);
      return;
    case 'COPY':
    case 'ADD':
      return copyInstruction(build, instruction, words(), lookup);
    case 'RUN':
      return runInstruction(build, instruction);
    case 'EXPOSE':
      for (const port of words()) addPorts(stage, instruction, port);
      return;
    case 'CMD':
      stage.cmd = commandOf(stage, instruction);
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = commandOf(stage, instruction);
      stage.cmd = undefined;
      return;
    case 'SHELL':
      if (instruction.json === undefined) throw dockerfileInvalid(instruction.line, 'SHELL takes the JSON form');
      stage.shell = instruction.json;
      return;
    case 'STOPSIGNAL':
      stage.stopSignal = need(words()[0]);
      return;
    case 'VOLUME':
      for (const path of words()) {
        stage.volumes.add(path);
        await makeFolder(stage.root, path);
      }
      return;
    case 'USER':
      stage.user = need(words()[0]);
      return build.say(
        `warning: line ${String(instruction.line)}: USER is skipped, host processes run as the platform's own user; the image names it`,
      );
    case 'HEALTHCHECK':
      return build.say('HEALTHCHECK is left out: the deployment has its own probes');
    case 'ONBUILD':
      return build.say(`warning: line ${String(instruction.line)}: ONBUILD is left out`);
    case 'MAINTAINER':
      return;
    default:
      throw dockerfileInvalid(instruction.line, `${instruction.keyword} is not known to the host builder`);
  }
}

function commandOf(stage: StageState, instruction: Instruction): StageState['cmd'] {
  if (instruction.json !== undefined)
    return instruction.json.length === 0 ? undefined : { form: 'json', argv: instruction.json };
  return instruction.rest === '' ? undefined : { form: 'shell', shell: stage.shell, line: instruction.rest };
}

function addPorts(stage: StageState, instruction: Instruction, text: string): void {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? match?.[1]);
  if (match === null || first < 1 || last > 65_535 || last < first || last - first > 1_000)
    throw dockerfileInvalid(instruction.line, `'${text}' is not a port`);
  for (let port = first; port <= last; port += 1)
    stage.exposed.add(`${String(port)}/${(match[3] ?? 'tcp').toLowerCase()}`);
}

async function copyInstruction(
  build: StageBuild,
  instruction: Instruction,
  words: readonly string[],
  lookup: Lookup,
): Promise<void> {
  const { stage } = build;
  const inline = new Map(instruction.heredocs.map((heredoc) => [heredoc.name, heredoc]));
  const sources = words.slice(0, -1);
  const destination = words.at(-1);
  if (destination === undefined || sources.length === 0)
    throw dockerfileInvalid(instruction.line, `${instruction.keyword} takes a source and a destination`);
  const target = posix.resolve(stage.workdir, destination);
  if (instruction.flags['chown'] !== undefined)
    build.say(`warning: line ${String(instruction.line)}: --chown is skipped, everything in the image is one user's`);
  const chmod = instruction.flags['chmod'];
  const mode = chmod !== undefined && /^[0-7]{3,4}$/.test(chmod) ? Number.parseInt(chmod, 8) : undefined;
  if (chmod !== undefined && mode === undefined)
    throw dockerfileInvalid(instruction.line, `--chmod=${chmod} is not an octal mode`);

  const place = await statOf(await placeInRoot(stage.root, target));
  const intoFolder = /(?:^|\/)\.{0,2}$/.test(destination) || place?.isDirectory() === true;
  const each: { source: CopySource; folder: boolean }[] = [];
  for (const word of sources) {
    const heredoc = inline.get(/^<<-?['"]?(\w+)['"]?$/.exec(word)?.[1] ?? '');
    if (heredoc !== undefined) {
      const content = heredoc.quoted ? heredoc.content : expandText(heredoc.content, lookup);
      const path = intoFolder ? posix.join(target, heredoc.name) : target;
      await writeImageFile(stage.root, path, content, mode);
      continue;
    }
    if (/^(?:https?|git):\/\/|^git@/.test(word))
      throw new AppError(
        'invalid',
        'build_failed',
        `Dockerfile line ${String(instruction.line)}: ADD of ${word.split('?')[0] ?? ''} is not done by the host builder; fetch it in a RUN line`,
      );
    for (const source of await sourcesOf(build, instruction, word)) {
      const found = await statOf(`${source.base}/${source.path}`);
      each.push({ source, folder: found?.isDirectory() === true });
    }
  }
  if (each.length + inline.size > 1 && !intoFolder && !destination.endsWith('/'))
    throw dockerfileInvalid(instruction.line, 'with more than one source the destination must end in a slash');
  for (const { source, folder } of each) {
    build.signal.throwIfAborted();
    const archive =
      instruction.keyword === 'ADD' && !folder && /\.(?:tar|tgz|tar\.(?:gz|bz2|xz|zst))$/.test(source.path);
    if (archive) await unpack(source, await makeFolder(stage.root, target), instruction);
    else {
      const path = folder || !intoFolder ? target : posix.join(target, posix.basename(source.path));
      await copyFiles(source, { root: stage.root, path, mode });
    }
  }
}

/** What a source word names: in the context, or in an earlier stage with `--from`. */
async function sourcesOf(build: StageBuild, instruction: Instruction, word: string): Promise<readonly CopySource[]> {
  const { context } = build;
  const from = instruction.flags['from'];
  if (from === undefined) {
    const inLine = async (work: Promise<readonly string[]>): Promise<readonly string[]> =>
      work.catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
        throw new AppError(error.kind, error.code, `Dockerfile line ${String(instruction.line)}: ${error.message}`, {
          cause: error,
          fields: error.fields,
        });
      });
    return (await inLine(context.match(word))).map((path) => ({
      base: context.folder,
      path,
      includes: (inner) => !context.ignores(inner),
      hides: (inner) => context.hides(inner),
      checkLink: (inner) => context.requireInside(inner),
    }));
  }
  const root = build.stageRoot(from.toLowerCase());
  if (root === undefined)
    throw new AppError(
      'invalid',
      'base_refused',
      `Dockerfile line ${String(instruction.line)}: COPY --from=${from} names no earlier stage; the host builder fetches no images`,
    );
  const wanted = posix.resolve('/', word);
  if (/[*?[\]]/.test(wanted)) {
    const stageFiles = await BuildContext.open(root, `${root}/Dockerfile`);
    return (await stageFiles.match(wanted)).map((path) => ({ base: root, path }));
  }
  const place = await placeInRoot(root, wanted);
  if ((await statOf(place)) === undefined)
    throw new AppError(
      'invalid',
      'build_failed',
      `Dockerfile line ${String(instruction.line)}: the stage ${from} has no ${wanted}`,
    );
  return [{ base: root, path: posix.relative(root, place) || '.' }];
}

async function unpack(source: CopySource, folder: string, instruction: Instruction): Promise<void> {
  try {
    await promisify(execFile)('tar', ['--no-same-owner', '-C', folder, '-xf', `${source.base}/${source.path}`]);
  } catch (cause) {
    throw new AppError(
      'invalid',
      'build_failed',
      `Dockerfile line ${String(instruction.line)}: ${source.path} cannot be unpacked: ${messageOf(cause)}`,
      { cause },
    );
  }
}
