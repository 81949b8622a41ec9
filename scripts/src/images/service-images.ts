/**
 * The images of the platform: which there are, and how one is built from a checkout with the facts of its commit.
 *
 * Throws an Error with the last lines of the build's output when a build fails.
 */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';

/** Folders with a Dockerfile; each is built from the repository's root. */
export const SERVICE_IMAGES = [
  'auth-service',
  'deployer',
  'codebuild-service',
  'history-service',
  'infra-oneclick',
  'monitor-service',
  'frontend',
] as const;
export type ServiceImage = (typeof SERVICE_IMAGES)[number];

export interface ImageBuild {
  /** Root of the checkout: the build's context. */
  readonly root: string;
  readonly folder: ServiceImage;
  readonly tag: string;
  readonly args: Readonly<Record<string, string>>;
  /** For the docker command: DOCKER_HOST, DOCKER_BUILDKIT, … */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly options?: readonly string[];
}
const LINES_SHOWN = 15;

/** Build arguments that put the commit into labels and file times, so that one commit makes one image. */
export async function commitArgs(root: string): Promise<Readonly<Record<string, string>>> {
  const git = async (...args: string[]) => (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
  const [revision = '', seconds = '0'] = (await git('log', '-1', '--format=%H %ct')).split(' ');
  const changed = (await git('status', '--porcelain')) !== '';
  const origin = await git('config', '--get', 'remote.origin.url').catch(() => ''); // a checkout may have no origin
  return {
    REVISION: changed ? `${revision}-changed` : revision,
    SOURCE_DATE_EPOCH: seconds,
    CREATED: new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z'),
    ...(origin !== '' && { SOURCE: withoutCredentials(origin) }),
  };
}

/** `https://user:token@host/path` is read by everyone who pulls the image. */
export const withoutCredentials = (url: string): string => url.replace(/^(\w+:\/\/)[^/@]*@/, '$1');

export async function buildImage({ root, folder, tag, args, env, options = [] }: ImageBuild): Promise<void> {
  const buildArgs = Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  const command = ['build', '--file', `${folder}/Dockerfile`, '--tag', tag, ...options, ...buildArgs, '.'];
  const child = spawn('docker', command, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) {
    const last = output.join('').trimEnd().split('\n').slice(-LINES_SHOWN).join('\n');
    throw new Error(`the image of ${folder} is not built (exit code ${String(code)}):\n${last}`);
  }
}
