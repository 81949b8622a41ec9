/**
 * The images of this checkout, built by a real Docker Engine (its classic builder) without any network.
 *
 * No image is pulled and no package fetched: the base is assembled from this machine's Node, npm and libraries, `npm ci`
 * inside the build installs from this machine's npm cache, and Terraform is this machine's, all by servers on loopback
 * (hence the host's network). What Debian's packages would bring is this machine's too.
 *
 * Each image is tagged with the hash of the checkout, so that whoever asks next finds it built; images of earlier checkouts
 * are untagged when new ones are built. They stay in the engine: the test command's own engine goes with them.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectDocker, findDocker } from '@aws-deployer/image-builder/docker/docker-engine';
import { substituteBase } from '@aws-deployer/image-builder/docker/substitute-base';
import { recogniseBase } from '@aws-deployer/image-builder/dockerfile/base-image';
import { buildImage, commitArgs, SERVICE_IMAGES, type ServiceImage } from '../service-images.js';
import { startNpmCacheRegistry } from './npm-cache-registry.js';
import { buildSystemBase, hasSystemPrograms } from './system-base.js';
import { startTerraformRelease, terraformProgram } from './terraform-release.js';

const run = promisify(execFile);
const REPOSITORY = 'aws-deployer-offline';
const BASE = `${REPOSITORY}/node:24-slim`;
const SYSTEM_BASE = `${REPOSITORY}/node-with-packages:24-slim`;
const WITH_TERRAFORM: ServiceImage = 'infra-oneclick';

export type Environment = Readonly<Record<string, string | undefined>>;

/** For the docker command: the engine of the tests, and its classic builder, which needs no other image. */
export const dockerEnvironment = (env: Environment): Record<string, string | undefined> => ({
  ...env,
  DOCKER_HOST: env['TEST_DOCKER_HOST'],
  DOCKER_BUILDKIT: '0',
});

/** Whether this machine has what the builds take. */
export async function canBuildOffline(env: Environment): Promise<boolean> {
  return (
    env['TEST_DOCKER_HOST'] !== undefined &&
    existsSync('/bin/busybox') &&
    (await terraformProgram()) !== undefined &&
    (await hasSystemPrograms()) &&
    'version' in (await findDocker(dockerEnvironment(env)))
  );
}

export class OfflineImages {
  private constructor(
    private readonly root: string,
    private readonly env: Record<string, string | undefined>,
    /** Build arguments that name the commit. */
    readonly commit: Readonly<Record<string, string>>,
    private readonly hash: string,
  ) {}

  static async of(root: string, env: Environment): Promise<OfflineImages> {
    const commit = await commitArgs(root);
    return new OfflineImages(root, dockerEnvironment(env), commit, await hashOf(root, commit));
  }

  tag = (folder: ServiceImage): string => `${REPOSITORY}/${folder}:${this.hash}`;

  /** Builds what is not there; the images' names by folder. */
  async built(): Promise<Readonly<Record<ServiceImage, string>>> {
    const there = await this.#tags();
    const missing = SERVICE_IMAGES.filter((folder) => !there.includes(this.tag(folder)));
    if (missing.length > 0) {
      const old = there.filter((tag) => !tag.endsWith(`:${this.hash}`) && ![BASE, SYSTEM_BASE].includes(tag));
      if (old.length > 0) await this.#docker('rmi', '--force', ...old);
      await this.build(missing.map((folder) => ({ folder, context: this.root, tag: this.tag(folder) })));
    }
    return Object.fromEntries(SERVICE_IMAGES.map((folder) => [folder, this.tag(folder)])) as Record<
      ServiceImage,
      string
    >;
  }

  /** One after the other: what they share comes from the engine's cache. */
  async build(wanted: readonly { folder: ServiceImage; context: string; tag: string }[]): Promise<void> {
    const registry = await startNpmCacheRegistry(this.root);
    const terraform = wanted.some(({ folder }) => folder === WITH_TERRAFORM)
      ? await startTerraformRelease((await terraformProgram()) ?? 'terraform')
      : undefined;
    try {
      await this.#base();
      for (const { folder, context, tag } of wanted)
        await buildImage({
          root: context,
          folder,
          tag,
          args: {
            ...this.commit,
            ...{ BUILD_IMAGE: BASE, NODE_IMAGE: SYSTEM_BASE, PACKAGES: '', npm_config_registry: registry.url },
            ...(folder === WITH_TERRAFORM && terraform?.args),
          },
          env: this.env,
          options: ['--network', 'host', '--force-rm'],
        });
    } finally {
      await Promise.all([registry.stop(), terraform?.stop()]);
    }
  }

  async #base(): Promise<void> {
    const asked = recogniseBase('node:24-slim');
    if (asked === undefined) throw new Error('node:24-slim is no base that this machine can stand in for');
    await substituteBase(await connectDocker(this.env), BASE, asked, AbortSignal.timeout(60_000));
    await buildSystemBase(BASE, SYSTEM_BASE, this.env);
  }

  async #tags(): Promise<string[]> {
    const listed = await this.#docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', `${REPOSITORY}/*`);
    return listed.split('\n').filter((tag) => tag !== '');
  }

  async #docker(...args: string[]): Promise<string> {
    return (await run('docker', args, { env: this.env })).stdout.trim();
  }
}

/** Of every file that git knows or would take, of the commit that is written into the images, and of the Node in the base. */
async function hashOf(root: string, commit: Readonly<Record<string, string>>): Promise<string> {
  const listed = await run('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: root, maxBuffer: 2 ** 26 });
  const hash = createHash('sha256').update(JSON.stringify([process.version, commit]));
  for (const name of [...new Set(listed.stdout.split('\0'))].sort()) {
    const path = join(root, name);
    if (name === '' || !existsSync(path)) continue; // removed, and not yet so in the index
    hash.update(`\0${name}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 24);
}
