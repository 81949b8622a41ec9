/**
 * The `docker` builder: a Docker Engine builds the context, and pushes the image.
 *
 * The engine's own builder is used (no BuildKit session is needed, and it works on every engine), with its cache. What a
 * RUN line prints is streamed as it comes. Containers of failed and aborted builds are removed by the engine.
 * Cancel   aborting `signal` ends the request, by which the engine ends the step.
 * Throws   as the port says; `build_failed` has the instruction, the exit code and the last lines.
 */
import type Docker from 'dockerode';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { parseDockerfile, type Dockerfile } from '../dockerfile/dockerfile.js';
import { readDockerfile } from '../dockerfile/read-dockerfile.js';
import { globalArguments } from '../dockerfile/stage-selection.js';
import type { BuiltImage, ImageBuilder, ImageBuildRequest } from '../image-builder.js';
import { baseImagesOf, missingImages, provideBases } from './base-images.js';
import { contextStream } from './context-stream.js';
import { connectDocker, findDocker } from './docker-engine.js';
import { engineEvents, lineCutter } from './engine-events.js';

export interface DockerImageBuilderOptions {
  /** DOCKER_HOST and its certificate settings are taken from it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The platform runs for one machine: bases that cannot be pulled may be made of the host's runtime. */
  readonly localMode: boolean;
}
const KEPT_LINES = 20;
/** The exit code of what was ended by SIGKILL. */
const KILLED = '137';
/** Something else may end a line like this; an engine that is killed itself is seen to be gone soon after. */
const LAST_WORDS_MS = 1_500;

export class DockerImageBuilder implements ImageBuilder {
  readonly name = 'docker';
  private connection: Promise<Docker> | undefined;

  constructor(private readonly options: DockerImageBuilderOptions) {}

  async build(request: ImageBuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    const say = (text: string): void => request.onLine('system', text);
    const dockerfile = parseDockerfile(await readDockerfile(request.dockerfile));
    const docker = await (this.connection ??= connectDocker(this.options.env));
    const args = globalArguments(dockerfile, request.buildArgs);
    const baseSubstituted = await provideBases(baseImagesOf(dockerfile, args), {
      docker,
      localMode: this.options.localMode,
      registry: request.registry,
      say,
      signal,
    });
    await this.buildContext(docker, request, signal);
    const digest = await push(docker, request, signal);
    const image = `${request.repository}:${request.tag}`;
    say(`pushed ${image} ${digest}`);
    return {
      image,
      digest,
      exposedPort: firstExpose(dockerfile, args) ?? (await exposedByBase(docker, image)),
      baseSubstituted,
      runtime: 'container',
    };
  }

  async basesToFetch({ dockerfile: file, buildArgs }: Pick<ImageBuildRequest, 'dockerfile' | 'buildArgs'>) {
    const dockerfile = parseDockerfile(await readDockerfile(file));
    const bases = baseImagesOf(dockerfile, globalArguments(dockerfile, buildArgs));
    return bases.length === 0 ? [] : missingImages(await (this.connection ??= connectDocker(this.options.env)), bases);
  }

  private async buildContext(docker: Docker, request: ImageBuildRequest, signal: AbortSignal): Promise<void> {
    const context = await contextStream(request.contextDir, request.dockerfile);
    const lastLines: string[] = [];
    let step = '';
    const lines = lineCutter((line) => {
      if (/^Step \d+\/\d+ : /.test(line)) {
        step = line.replace(/^Step \d+\/\d+ : /, '');
        lastLines.length = 0;
        return request.onLine('system', line);
      }
      // What the engine says of its own containers explains no failure.
      if (!/^(?: ---> |Removing intermediate container )/.test(line)) lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
      request.onLine('stdout', line);
    });
    const failed = (why: string, code = 'build_failed'): AppError =>
      new AppError(
        'invalid',
        code,
        [`${step === '' ? 'The build failed' : step.slice(0, 300)}: ${why}`, ...lastLines].join('\n'),
        {
          fields: [
            {
              field: 'source.dockerfile',
              message: why.slice(0, 300),
              mend: 'Correct the Dockerfile; the build log shows what was printed',
            },
          ],
        },
      );
    let stream: NodeJS.ReadableStream;
    try {
      stream = await docker.buildImage(context.stream, {
        t: `${request.repository}:${request.tag}`,
        dockerfile: context.dockerfile,
        buildargs: { ...request.buildArgs },
        labels: { ...request.labels },
        rm: true,
        forcerm: true,
        abortSignal: signal,
      });
    } catch (error) {
      context.stream.destroy();
      signal.throwIfAborted();
      if (statusOf(error) === 400) throw failed(wordsOf(error), 'dockerfile_invalid');
      if (statusOf(error) !== undefined) throw failed(wordsOf(error));
      throw unreachable(error);
    }
    try {
      for await (const event of engineEvents(stream)) {
        if (event.stream !== undefined) lines.add(event.stream);
        if (event.error === undefined) continue;
        lines.end();
        const code = /returned a non-zero code: (\d+)/.exec(event.error)?.[1];
        await this.stillThere(event.error, code === KILLED ? LAST_WORDS_MS : 0, signal);
        throw failed(code === undefined ? event.error : `it ended with exit code ${code}`);
      }
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof AppError ? error : unreachable(error);
    }
    lines.end();
  }

  /**
   * Throws unavailable/`builder_unreachable` when the engine goes away, and takes its containers along: no fault of the line,
   * however it ended. Asked anew each time: an engine that stops lets nobody in, but serves whom it knows until it is gone.
   */
  private async stillThere(said: string, forMs: number, signal: AbortSignal): Promise<void> {
    for (const until = Date.now() + forMs; ; await delay(250, signal)) {
      const found = await findDocker(this.options.env);
      if ('why' in found) throw unreachable(new Error(`it stopped during the build (${said})`));
      if (Date.now() >= until) return;
    }
  }
}

/** Answers the digest that the registry gave the image. */
async function push(docker: Docker, request: ImageBuildRequest, signal: AbortSignal): Promise<string> {
  const { registry } = request;
  const failed = (why: string): AppError =>
    new AppError(
      'unavailable',
      'push_failed',
      `${request.repository}:${request.tag} cannot be pushed to ${registry.host}: ${why}`,
    );
  // Without any credential the engine still wants the header.
  const authconfig =
    registry.username === undefined
      ? {}
      : { username: registry.username, password: registry.password ?? '', serveraddress: registry.host };
  let digest: string | undefined;
  try {
    const stream = await docker.getImage(request.repository).push({
      tag: request.tag,
      authconfig: authconfig as Docker.AuthConfig,
      abortSignal: signal,
    });
    for await (const event of engineEvents(stream)) {
      if (event.error !== undefined) throw failed(event.error);
      digest = event.aux?.Digest ?? digest;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AppError ? error : failed(wordsOf(error));
  }
  if (digest === undefined) throw failed('the engine named no digest');
  return digest;
}

/** The first EXPOSE of the last stage and of the stages that it stands on. */
function firstExpose(dockerfile: Dockerfile, args: ReadonlyMap<string, string>): number | undefined {
  let stage = dockerfile.stages.at(-1);
  while (stage !== undefined) {
    for (const instruction of stage.instructions) {
      if (instruction.keyword !== 'EXPOSE') continue;
      const text = instruction.rest.replace(/\$\{?(\w+)\}?/g, (whole: string, name: string) => args.get(name) ?? whole);
      for (const word of text.split(/\s+/)) {
        const port = /^(\d+)(?:-\d+)?(?:\/tcp)?$/i.exec(word)?.[1];
        if (port !== undefined) return Number(port);
      }
    }
    const image = stage.image.toLowerCase();
    stage = dockerfile.stages.find((each) => each.name === image);
  }
  return undefined;
}

async function exposedByBase(docker: Docker, image: string): Promise<number | undefined> {
  const { Config } = await docker.getImage(image).inspect();
  const ports = Object.keys(Config.ExposedPorts ?? {})
    .filter((port) => port.endsWith('/tcp'))
    .map((port) => Number.parseInt(port, 10));
  return ports.length === 0 ? undefined : Math.min(...ports);
}

const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
/** The engine's own words, without what the SDK puts around them. */
const wordsOf = (error: unknown): string =>
  messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .trim();
const unreachable = (cause: unknown): AppError =>
  new AppError('unavailable', 'builder_unreachable', `The Docker Engine does not answer: ${messageOf(cause)}`, {
    cause,
  });
