/**
 * The image that a build's container is made of: the project's own, pulled where it has to be. CodeBuild's own images exist
 * in AWS only, and without a network none can be had: then, in local mode and where the engine shares the files of this
 * machine, an empty image takes its place with the machine's own programs mounted read-only.
 */
import { createHash } from 'node:crypto';
import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import type Docker from 'dockerode';
import { engineEvents } from '@aws-deployer/image-builder/docker/engine-events';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { smallTar } from '../tar-archive.js';
import { statusOf, unreachable, wordsOf } from './engine-answer.js';

export interface BuildImage {
  /** What containers are made of. */
  readonly image: string;
  /** The image that it stands for; null: it is that image. */
  readonly substituted: string | null;
  /** `from:to:ro` */
  readonly binds: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
const REPOSITORY = 'aws-deployer/build-stand-in';
const NODE_FOLDER = '/opt/aws-deployer/bin';
const STAND_IN_PATH = `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${NODE_FOLDER}`;
/** Of /etc: what programs need to run, and nothing that tells of this machine's people or secrets. */
const ETC =
  /^(?:ssl|ca-certificates|alternatives|ld\.so\.(?:cache|conf|conf\.d)|java.*|maven|gradle|fonts|mime\.types|nsswitch\.conf|protocols|services|localtime|perl)$/;

/** Throws AppError invalid/`build_image_missing`, unavailable/`docker_unreachable`. */
export async function provideBuildImage(
  docker: Docker,
  wanted: string,
  localMode: boolean,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<BuildImage> {
  const image = publicName(wanted);
  if (image !== undefined && (await isThere(docker, image))) return { image, substituted: null, binds: [], env: {} };
  const why = image === undefined ? 'it is to be had in AWS only' : await pull(docker, image, say, signal);
  if (why === undefined) return { image: image ?? wanted, substituted: null, binds: [], env: {} };
  say(`The image ${wanted} cannot be pulled: ${why}`);
  if (!localMode || process.platform !== 'linux') throw missing(wanted, why);
  const standIn = await hostTools(docker, signal);
  say(`The programs of this machine take the place of ${wanted}, in a container of their own`);
  return { ...standIn, substituted: wanted };
}

export const missing = (image: string, why: string): AppError =>
  new AppError('invalid', 'build_image_missing', `The build image ${image} cannot be had: ${why}`, {
    fields: [
      {
        field: 'environment.image',
        message: `${image} cannot be had: ${why}`,
        mend: 'Name an image that the Docker Engine can pull, or run the project in an AWS account',
      },
    ],
  });

/** Where CodeBuild's images can be pulled from; undefined: nowhere outside of AWS. */
export function publicName(image: string): string | undefined {
  const own = /^aws\/codebuild\/(.+)$/.exec(image)?.[1];
  if (own === undefined) return image;
  return own.startsWith('amazonlinux') ? `public.ecr.aws/codebuild/${own}` : undefined;
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw unreachable(error);
  }
}

/** Answers why it could not be had. */
async function pull(
  docker: Docker,
  image: string,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  say(`Pulling ${image}`);
  try {
    const named = image.includes('@') || image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
    for await (const event of engineEvents(await docker.pull(named, { abortSignal: signal }))) {
      if (event.error !== undefined) return event.error;
      if (event.status !== undefined && /^(?:Pulling from|Digest|Status)/.test(event.status)) say(event.status);
    }
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return wordsOf(error);
  }
}

async function hostTools(docker: Docker, signal: AbortSignal): Promise<Omit<BuildImage, 'substituted'>> {
  const binds: string[] = ['/usr:/usr:ro'];
  const links: Record<string, { link: string }> = {};
  for (const name of ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']) {
    const found = await lstat(`/${name}`).catch(() => undefined); // not every machine has all
    if (found?.isSymbolicLink() === true) links[name] = { link: await readlink(`/${name}`) };
    else if (found?.isDirectory() === true) binds.push(`/${name}:/${name}:ro`);
  }
  for (const name of (await readdir('/etc')).filter((each) => ETC.test(each)))
    binds.push(`${await realpath(`/etc/${name}`)}:/etc/${name}:ro`);
  binds.push(`${await realpath(process.execPath)}:${NODE_FOLDER}/node:ro`);
  const tag = createHash('sha256').update(JSON.stringify(links)).digest('hex').slice(0, 16);
  const image = `${REPOSITORY}:${tag}`;
  if (!(await isThere(docker, image))) await importEmpty(docker, tag, links, signal);
  return { image, binds, env: { PATH: STAND_IN_PATH } };
}

async function importEmpty(
  docker: Docker,
  tag: string,
  links: Readonly<Record<string, { readonly link: string }>>,
  signal: AbortSignal,
): Promise<void> {
  const folder = { mode: 0o755 };
  const tar = await smallTar({
    usr: folder,
    etc: folder,
    root: { mode: 0o700 },
    run: folder,
    tmp: { mode: 0o1777 },
    var: folder,
    'var/run': folder,
    'var/tmp': { mode: 0o1777 },
    'var/lib': folder,
    ...links,
    'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  });
  try {
    const stream = await docker.importImage(tar, {
      repo: REPOSITORY,
      tag,
      changes: [`ENV PATH=${STAND_IN_PATH}`],
      abortSignal: signal,
    });
    for await (const event of engineEvents(stream)) if (event.error !== undefined) throw new Error(event.error);
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(error);
  }
}
