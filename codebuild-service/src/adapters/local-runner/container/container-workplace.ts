/**
 * Builds in a container of their own, removed with everything in it at the end. Sources go in and results come out as
 * archives, so the engine may be on another machine. A privileged build gets the engine itself, as CodeBuild gives it one.
 */
import { PassThrough, Readable } from 'node:stream';
import { basename, posix } from 'node:path';
import type Docker from 'dockerode';
import { connectDocker, findDocker } from '@aws-deployer/image-builder/docker/docker-engine';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { EngineBuild } from '../../../ports/build-engine.js';
import { smallTar } from '../tar-archive.js';
import type { PlaceFile, ShellProcess, ShellRequest, Workplace } from '../workplace.js';
import { missing, provideBuildImage } from './build-image.js';
import { statusOf, unreachable, wordsOf } from './engine-answer.js';
import { exposedPortOf, provideImageBases } from './image-bases.js';

type Environment = Readonly<Record<string, string | undefined>>;
export interface ContainerWorkplaceOptions {
  readonly build: EngineBuild;
  readonly ref: string;
  /** Names the builds of this platform. */
  readonly owner: string;
  /** The build's own folder on this machine. */
  readonly folder: string;
  readonly localMode: boolean;
  readonly env: Environment;
  readonly say: (text: string) => void;
}
const BUILD_LABEL = 'aws-deployer.build';
const OWNER_LABEL = 'aws-deployer.builds';
const FOLDERS = { source: '/codebuild/output/src', home: '/root', temporary: '/codebuild/tmp' } as const;
const SOCKET = '/var/run/docker.sock';

export class ContainerWorkplace implements Workplace {
  readonly runtime = 'container';
  readonly folders = FOLDERS;
  private baseSubstituted: string | undefined;
  private removed: Promise<void> | undefined;

  private constructor(
    private readonly docker: Docker,
    private readonly container: Docker.Container,
    private readonly options: ContainerWorkplaceOptions,
    readonly imageSubstituted: string | null,
    readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Throws AppError unavailable/`docker_unreachable`, invalid/`build_image_missing`. */
  static async open(options: ContainerWorkplaceOptions, signal: AbortSignal): Promise<ContainerWorkplace> {
    const { build, say, env, localMode } = options;
    const { environment } = build.plan;
    const found = await findDocker(env);
    if ('why' in found) throw unreachable(new Error(found.why));
    const docker = await connectDocker(env);
    const image = await provideBuildImage(docker, environment.image, localMode, say, signal);
    const engine = environment.privileged ? engineAccess(env) : { binds: [], env: {} };
    const stands = image.substituted !== null;
    let container: Docker.Container;
    try {
      container = await docker.createContainer({
        Image: image.image,
        Entrypoint: ['/bin/sh', '-c', 'while :; do sleep 3600; done'],
        Cmd: [],
        User: '0:0',
        WorkingDir: '/',
        Labels: { [BUILD_LABEL]: options.ref, [OWNER_LABEL]: options.owner },
        HostConfig: {
          Binds: [...image.binds, ...engine.binds],
          // Only an engine that shares the files of this machine knows this folder: any other one refuses here.
          ...(stands
            ? { Mounts: [{ Type: 'bind', Source: options.folder, Target: '/codebuild/build', ReadOnly: true }] }
            : {}),
        },
      });
    } catch (error) {
      if (stands && statusOf(error) === 400 && /source path/i.test(wordsOf(error)))
        throw missing(environment.image, 'and the Docker Engine does not share the files of this machine');
      throw unreachable(error);
    }
    const place = new ContainerWorkplace(docker, container, options, image.substituted, {
      ...proxies(env),
      ...image.env,
      ...engine.env,
    });
    try {
      await container.start();
      await container.putArchive(
        await smallTar({
          codebuild: { mode: 0o755 },
          'codebuild/output': { mode: 0o755 },
          'codebuild/output/src': { mode: 0o777 },
          'codebuild/tmp': { mode: 0o1777 },
        }),
        { path: '/' },
      );
      return place;
    } catch (error) {
      await place.close();
      throw unreachable(error);
    }
  }

  async openShell({ shell, user, env }: ShellRequest): Promise<ShellProcess> {
    const args = /(^|\/)bash$/.test(shell) ? ['--noprofile', '--norc', '-s'] : ['-s'];
    const exec = await this.container.exec({
      Cmd: [shell, ...args],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      WorkingDir: FOLDERS.source,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...(user === null ? {} : { User: user }),
    });
    const stream = await exec.start({ hijack: true, stdin: true }).catch((error: unknown) => {
      throw unreachable(error);
    });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    this.docker.modem.demuxStream(stream, stdout, stderr);
    for (const output of [stdout, stderr]) output.on('pause', () => stream.pause()).on('resume', () => stream.resume());
    const ended = new Promise<number>((resolve) => {
      let over = false;
      const end = (): void => {
        if (over) return;
        over = true;
        stdout.end();
        stderr.end();
        exec.inspect().then(
          ({ ExitCode }) => resolve(ExitCode ?? 137),
          () => resolve(137), // the container is gone, and the shell with it
        );
      };
      stream.on('end', end).on('close', end).on('error', end);
    });
    return { stdin: stream, stdout, stderr, ended };
  }

  async put(folder: string, tar: Readable, signal: AbortSignal): Promise<void> {
    const parents = folder.split('/').filter((part) => part !== '');
    const made = Object.fromEntries(parents.map((_, i) => [parents.slice(0, i + 1).join('/'), { mode: 0o755 }]));
    if (!Object.values<string>(FOLDERS).includes(folder) && folder !== '/')
      await this.container.putArchive(await smallTar(made), { path: '/' });
    await this.container.putArchive(tar, { path: folder, abortSignal: signal });
  }

  async *files(folder: string, signal: AbortSignal): AsyncIterable<PlaceFile> {
    let archive: NodeJS.ReadableStream;
    try {
      archive = await this.container.getArchive({ path: folder, abortSignal: signal });
    } catch (error) {
      if (statusOf(error) === 404) return;
      signal.throwIfAborted();
      throw unreachable(error);
    }
    const { extract } = await import('tar-stream');
    const entries = extract();
    archive.on('error', (error: Error) => entries.destroy(error));
    archive.pipe(entries);
    try {
      for await (const entry of entries) {
        const { header } = entry;
        const path = header.name.replace(/\/$/, '').split('/').slice(1).join('/');
        if (header.type === 'file' || header.type === 'symlink' || header.type === 'link')
          yield {
            path,
            type: header.type === 'file' ? 'file' : 'symlink',
            size: header.size ?? 0,
            mode: (header.mode ?? 0o644) & 0o7777,
            linkTarget:
              header.type === 'link'
                ? hardLinkTarget(header.name, header.linkname ?? '')
                : (header.linkname ?? undefined),
            open: () => Readable.from(entry),
          };
        entry.resume();
      }
    } finally {
      entries.destroy();
    }
  }

  /** What a privileged build builds on is provided before it asks: it may have to be made of this machine's runtime. */
  async sourceReady(folder: string, signal: AbortSignal): Promise<void> {
    const { build, localMode, say } = this.options;
    if (!build.plan.environment.privileged) return;
    this.baseSubstituted = await provideImageBases(this.docker, { build, folder, localMode, say }, signal);
  }

  async imageFacts(exported: Readonly<Record<string, string>>): Promise<Readonly<Record<string, string>>> {
    const image = exported['IMAGE_URI'];
    if (image === undefined || image === '') return {};
    const port = await exposedPortOf(this.docker, image);
    return {
      IMAGE_RUNTIME: 'container',
      ...(port === undefined ? {} : { EXPOSED_PORT: String(port) }),
      ...(this.baseSubstituted === undefined ? {} : { BASE_SUBSTITUTED: this.baseSubstituted }),
    };
  }

  close(): Promise<void> {
    this.removed ??= removeContainer(this.container);
    return this.removed;
  }
}

/** Containers of builds that died. Answers how many. */
export async function removeStrayContainers(env: Environment, owner: string): Promise<number> {
  if ('why' in (await findDocker(env))) return 0;
  const docker = await connectDocker(env);
  const found = await docker.listContainers({ all: true, filters: { label: [`${OWNER_LABEL}=${owner}`] } });
  await Promise.all(found.map(({ Id }) => removeContainer(docker.getContainer(Id))));
  return found.length;
}

async function removeContainer(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: unknown) => {
    // Gone, or going.
    if (statusOf(error) !== 404 && statusOf(error) !== 409) throw unreachable(error);
  });
}

/** The way to the engine from inside: its socket, or its address. */
function engineAccess(env: Environment): { binds: readonly string[]; env: Readonly<Record<string, string>> } {
  const host = env['DOCKER_HOST'] ?? `unix://${SOCKET}`;
  if (host.startsWith('unix://')) return { binds: [`${host.slice('unix://'.length)}:${SOCKET}`], env: {} };
  if ((env['DOCKER_TLS_VERIFY'] ?? '') !== '')
    throw new AppError(
      'invalid',
      'engine_access_refused',
      'A privileged build is not given the certificates of the engine',
      {
        fields: [
          {
            field: 'environment.privileged',
            message: `the engine at ${host} wants certificates`,
            mend: 'Use an engine of this machine, or run the project in an AWS account',
          },
        ],
      },
    );
  return { binds: [], env: { DOCKER_HOST: host } };
}

/** Those of this machine's loopback lead nowhere from inside a container. */
const proxies = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter(
      (pair): pair is [string, string] =>
        pair[1] !== undefined &&
        /_proxy$/i.test(pair[0]) &&
        !/\/\/(?:[^@/]*@)?(?:localhost|127\.|\[::1\])/.test(pair[1]),
    ),
  );

/** A second name of a file, as a link from where it stands; both names begin with the folder of the archive. */
const hardLinkTarget = (name: string, target: string): string =>
  posix.relative(posix.dirname(name), target) || basename(target);
