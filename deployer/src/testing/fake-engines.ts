/** Ports for tests of the deployer's own work: a fake cluster, a builder that does as it is told, a source of one file. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { BuiltImage, ImageBuilder, ImageBuildRequest } from '@aws-deployer/image-builder/image-builder';
import type { ImageFacts, ImageRegistry } from '../ports/image-registry.js';
import type { SourceRepository } from '@aws-deployer/platform/git/source-repository';
import type { Engines } from '../engines.js';
import { FakeCluster } from './fake-cluster.js';

export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
export const commitOf = (ref: string): string => createHash('sha1').update(ref).digest('hex');

/** Waits for its signal: a step that hangs until it is ended. */
export const hang = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });

export class FakeBuilder implements ImageBuilder {
  name: ImageBuilder['name'] = 'host';
  readonly builds: ImageBuildRequest[] = [];
  /** Keys of builds that were ended in the name of another process. */
  readonly ended: string[] = [];
  /** Runs before each build is answered. */
  before: (request: ImageBuildRequest, signal: AbortSignal) => Promise<void> = async () => undefined;

  async build(request: ImageBuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    this.builds.push(request);
    request.onLine('stdout', `building ${request.tag}`);
    await this.before(request, signal);
    signal.throwIfAborted();
    const image = `${request.repository}:${request.tag}`;
    return { image, digest: digestOf(image), exposedPort: 3000, baseSubstituted: undefined, runtime: 'host' };
  }

  /** Of every Dockerfile. */
  bases: readonly string[] = [];

  async basesToFetch(): Promise<readonly string[]> {
    return this.bases;
  }

  async end(key: string): Promise<void> {
    this.ended.push(key);
  }
}

export class FakeSource implements SourceRepository {
  before: (signal: AbortSignal) => Promise<void> = async () => undefined;
  /** Files of the checkout beside the Dockerfile. */
  files: Record<string, string> = { Dockerfile: 'FROM node\nEXPOSE 3000\n' };

  check(repoUrl: string): void {
    if (!repoUrl.startsWith('https://'))
      throw new AppError('invalid', 'repo_url_refused', 'source.repo_url: refused', {
        fields: [{ field: 'source.repo_url', message: 'refused', mend: 'give https://…' }],
      });
  }

  async checkout(request: Parameters<SourceRepository['checkout']>[0], signal: AbortSignal) {
    request.onLine(`fetching ${request.repoUrl}`);
    await this.before(signal);
    if (request.ref === 'gone')
      throw new AppError('invalid', 'ref_not_found', 'There is no ref gone', {
        fields: [{ field: 'source.ref', message: 'is not there', mend: 'name another' }],
      });
    await mkdir(request.into, { recursive: true });
    for (const [name, text] of Object.entries(this.files)) await writeFile(join(request.into, name), text);
    const ref = request.ref ?? 'main';
    return { commit: /^[0-9a-f]{40}$/.test(ref) ? ref : commitOf(ref), subject: 'subject', author: 'author' };
  }
}

export interface FakeEngines extends Engines {
  readonly cluster: FakeCluster;
  readonly source: FakeSource;
  readonly builder: FakeBuilder;
  /** What the registry says of every image, beside its digest. */
  imageFacts: Partial<ImageFacts>;
  /** Called with each base image that is looked up; what it throws is the registry's answer. */
  onLook: (image: string) => void;
}

/** `shared`: the cluster of another deployer. */
export async function fakeEngines(shared?: FakeCluster): Promise<FakeEngines> {
  const cluster = shared ?? new FakeCluster();
  if (shared === undefined) await cluster.open();
  const builder = new FakeBuilder();
  const imageRegistry: ImageRegistry = {
    resolve: async (image) => ({
      digest: digestOf(image),
      exposedPort: undefined,
      runtime: 'container',
      architectures: ['amd64'],
      ...engines.imageFacts,
    }),
    look: async (image) => engines.onLook(image),
  };
  const engines: FakeEngines = {
    imageFacts: {},
    onLook: () => undefined,
    cluster,
    builder,
    source: new FakeSource(),
    imageRegistry,
    builders: { host: builder },
    runsContainers: true,
    views: [{ port: 'builder', picked: 'host', why: 'test', simulated: false }],
    close: async () => {
      if (shared === undefined) await cluster.close();
    },
  };
  return engines;
}
