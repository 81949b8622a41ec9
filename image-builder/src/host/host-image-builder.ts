/**
 * The `host` builder: carries out a Dockerfile on this machine, with its own runtimes in the place of base images, and
 * pushes the outcome as an OCI image that runs as host processes. For machines without a Docker Engine; no isolation
 * that could be relied on, and the log says so.
 *
 * Restart  the scratch folder is named for the build's key and made afresh, so a second build with the key is harmless.
 * Cancel   aborting `signal` kills what runs and removes the scratch folder.
 * Throws   as the port says.
 */
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { RunConfig } from '@aws-deployer/platform/oci/image-manifest';
import type { BuiltImage, ImageBuilder, ImageBuildRequest } from '../image-builder.js';
import { furnish, warnOfConfiguration } from './base-furniture.js';
import { BuildContext } from '../dockerfile/build-context.js';
import { parseDockerfile, type Stage } from '../dockerfile/dockerfile.js';
import { findHostBase, type Environment } from './host-bases.js';
import { pushImage } from './image-push.js';
import { expandWords } from '../dockerfile/instruction-words.js';
import { writeLayer, type Layer } from './layer.js';
import { namespacesWork } from './namespace-root.js';
import { standInPrograms } from './refusals.js';
import { pythonEnvironments, relocatePython, removePip } from './relocation.js';
import { runConfig } from './run-config.js';
import { scratchFolderOf } from './scratch-folder.js';
import { readDockerfile } from '../dockerfile/read-dockerfile.js';
import { globalArguments, neededStages, upToStage } from '../dockerfile/stage-selection.js';
import { applyInstruction } from './stage-build.js';
import { exposedPorts, PYTHON_ENVIRONMENT, stageOnHostBase, stageOnStage, type StageState } from './stage-state.js';

export interface HostImageBuilderOptions {
  /** Scratch folders of builds are made in it. */
  readonly scratchDir: string;
  readonly env: Environment;
  /** `auto`: namespaces where the kernel allows them. */
  readonly isolation?: 'auto' | 'none';
}

/** A build without a push. */
export interface AssembleRequest extends Pick<
  ImageBuildRequest,
  'key' | 'contextDir' | 'dockerfile' | 'buildArgs' | 'labels' | 'onLine'
> {
  /** The stage that becomes the image; absent: the last one. */
  readonly target?: string | undefined;
}
export interface AssembledImage {
  readonly layer: Layer;
  readonly config: RunConfig;
  /** The first EXPOSE, if the Dockerfile has one. */
  readonly exposedPort: number | undefined;
}

export class HostImageBuilder implements ImageBuilder {
  readonly name = 'host';
  private isolation: Promise<{ readonly works: boolean; readonly why: string }> | undefined;

  constructor(private readonly options: HostImageBuilderOptions) {}

  async build(request: ImageBuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    return this.inScratch(request.key, async (scratch) => {
      const say = (text: string): void => request.onLine('system', text);
      const { repository, tag, registry } = request;
      const { layer, config, exposedPort } = await this.buildIn(scratch, scratch, request, signal);
      const image = `${repository}:${tag}`;
      say(`image of ${String(layer.files)} files, ${String(Math.ceil(layer.size / 1024))} KiB; pushing ${image}`);
      const digest = await pushImage({ layer, config, repository, tag, registry }, signal);
      say(`pushed ${image} ${digest}`);
      return { image, digest, exposedPort, baseSubstituted: undefined, runtime: 'host' };
    });
  }

  /** Builds only: the layer's file stays in `into`, an existing folder of the caller's, for `pushImage`. */
  assemble(request: AssembleRequest, into: string, signal: AbortSignal): Promise<AssembledImage> {
    return this.inScratch(request.key, (scratch) => this.buildIn(scratch, into, request, signal));
  }

  private async inScratch<T>(key: string, work: (scratch: string) => Promise<T>): Promise<T> {
    const scratch = join(this.options.scratchDir, scratchFolderOf(key));
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    try {
      return await work(scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  private async buildIn(
    scratch: string,
    into: string,
    request: AssembleRequest,
    signal: AbortSignal,
  ): Promise<AssembledImage> {
    const say = (text: string): void => request.onLine('system', text);
    const whole = parseDockerfile(await readDockerfile(request.dockerfile));
    const dockerfile = request.target === undefined ? whole : upToStage(whole, request.target);
    const context = await BuildContext.open(request.contextDir, request.dockerfile);
    this.isolation ??=
      this.options.isolation === 'none' ? Promise.resolve({ works: false, why: 'switched off' }) : namespacesWork();
    const isolation = await this.isolation;
    say(
      `host builder: the steps run on this machine, ${isolation.works ? `in ${isolation.why}` : `as they are: ${isolation.why}`}`,
    );
    const standIns = join(scratch, 'stand-ins');
    await writePrograms(standIns);

    const globalArgs = globalArguments(dockerfile, request.buildArgs);
    const wanted = neededStages(dockerfile, globalArgs);
    const built = new Map<string, StageState>();
    let last: StageState | undefined;
    const steps = dockerfile.stages.reduce(
      (sum, stage, i) => sum + (wanted.has(i) ? stage.instructions.length + 1 : 0),
      0,
    );
    let step = 0;
    for (const [index, stage] of dockerfile.stages.entries()) {
      if (!wanted.has(index)) continue;
      const announce = (text: string): void => say(`Step ${String((step += 1))}/${String(steps)} : ${text}`);
      const state = await this.startStage(scratch, index, stage, { built, globalArgs, announce, say });
      for (const instruction of stage.instructions) {
        signal.throwIfAborted();
        announce(instruction.text);
        const build = {
          stage: state,
          context,
          buildArgs: request.buildArgs,
          globalArgs,
          escape: dockerfile.escape,
          stageRoot: (name: string) => built.get(name)?.root,
          run: {
            isolated: isolation.works,
            standIns,
            scratch,
            env: this.options.env,
            onLine: (stream: 'stdout' | 'stderr', text: string) => request.onLine(stream, text),
          },
          say,
          signal,
        };
        await applyInstruction(build, instruction);
      }
      built.set(String(index), state);
      if (stage.name !== undefined) built.set(stage.name, state);
      last = state;
    }
    if (last === undefined) throw new AppError('internal', 'build_failed', 'The Dockerfile has no last stage');
    return this.finish(into, last, request, signal);
  }

  private async startStage(
    scratch: string,
    index: number,
    stage: Stage,
    tools: {
      readonly built: ReadonlyMap<string, StageState>;
      readonly globalArgs: ReadonlyMap<string, string>;
      readonly announce: (text: string) => void;
      readonly say: (text: string) => void;
    },
  ): Promise<StageState> {
    const image = expandWords(stage.image, (name) => tools.globalArgs.get(name)).join('');
    tools.announce(`FROM ${image}${stage.name === undefined ? '' : ` AS ${stage.name}`}`);
    const root = join(scratch, `root-${String(index)}`);
    const earlier = tools.built.get(image.toLowerCase());
    if (earlier !== undefined) {
      await cp(earlier.root, root, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      return stageOnStage(root, earlier);
    }
    const base = await findHostBase(image, this.options.env);
    tools.say(base.note);
    if (base.warning !== undefined) tools.say(`warning: ${base.warning}`);
    await mkdir(root, { recursive: true });
    const state = stageOnHostBase(root, base);
    await furnish(state, this.options.env);
    return state;
  }

  private async finish(
    into: string,
    stage: StageState,
    request: AssembleRequest,
    signal: AbortSignal,
  ): Promise<AssembledImage> {
    const say = (text: string): void => request.onLine('system', text);
    for (const folder of ['var/tmp/.cache', '.stand-ins'])
      await rm(join(stage.root, folder), { recursive: true, force: true });
    if (stage.base.kind === 'python') await removePip(stage.root, PYTHON_ENVIRONMENT);
    for (const environment of await pythonEnvironments(stage.root)) await relocatePython(stage.root, environment);
    if (stage.base.kind === 'static') await warnOfConfiguration(stage, say);
    const [port] = exposedPorts(stage).filter((each) => each.endsWith('/tcp'));
    return {
      layer: await writeLayer(stage.root, join(into, 'layer.tar.gz'), signal),
      config: runConfig(stage, request.labels),
      exposedPort: port === undefined ? undefined : Number.parseInt(port, 10),
    };
  }
}

async function writePrograms(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of standInPrograms()) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
}
