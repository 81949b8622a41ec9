/**
 * Builds an image with codebuild-service: AWS CodeBuild, or its local runner. The context goes there as the tar that was
 * checked here, the build is followed until it ends, and its log is told on line by line.
 *
 * Restart   the deployment's id is the key: whoever goes on with the deployment goes on with the same build.
 * Abort     ends the build, unless another process goes on with the deployment.
 * Outage    while codebuild-service does not answer, it is asked again with back-off; the stage's limit ends that.
 */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { isBuildEnd } from '@aws-deployer/platform/contracts/builds';
import { ImageBuildLogView, ImageBuildView, UploadView } from '@aws-deployer/platform/contracts/image-builds';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import type { BuiltImage, ImageBuilder, ImageBuildRequest } from '@aws-deployer/image-builder/image-builder';
import { isHandedOn } from '../../deployments/aborted.js';
import type { ImageRegistry } from '../../ports/image-registry.js';

const UPLOAD_TIMEOUT_MS = 600_000;
const SHORTEST_LOOK_MS = 200;
const LONGEST_LOOK_MS = 2_000;
const STOP_TIMEOUT_MS = 4_000;

const pathOf = (key: string): string => `/internal/v1/image-builds/${encodeURIComponent(key)}`;

export class CodebuildImageBuilder implements ImageBuilder {
  readonly name = 'codebuild';

  constructor(
    private readonly codebuild: ServiceClient,
    private readonly imageRegistry: ImageRegistry,
    /** For the tar while it is sent. */
    private readonly scratchDir: string,
  ) {}

  async build(request: ImageBuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    const path = pathOf(request.key);
    try {
      await this.#ask(request, signal);
      const ended = await this.#follow(path, request, signal);
      return await this.#result(ended, request, signal);
    } catch (error) {
      if (signal.aborted && !isHandedOn(signal.reason)) await this.end(request.key);
      throw error;
    }
  }

  async end(key: string): Promise<void> {
    await this.codebuild.call(`${pathOf(key)}/stop`, {
      method: 'POST',
      answer: ImageBuildView,
      timeoutMs: STOP_TIMEOUT_MS,
    });
  }

  /** All of them: its machines begin with nothing. */
  async basesToFetch({ dockerfile: file, buildArgs }: Pick<ImageBuildRequest, 'dockerfile' | 'buildArgs'>) {
    const [{ parseDockerfile }, { readDockerfile }, { globalArguments }, { baseImagesOf }] = await Promise.all([
      import('@aws-deployer/image-builder/dockerfile/dockerfile'),
      import('@aws-deployer/image-builder/dockerfile/read-dockerfile'),
      import('@aws-deployer/image-builder/dockerfile/stage-selection'),
      import('@aws-deployer/image-builder/docker/base-images'),
    ]);
    const dockerfile = parseDockerfile(await readDockerfile(file));
    return baseImagesOf(dockerfile, globalArguments(dockerfile, buildArgs));
  }

  async #ask(request: ImageBuildRequest, signal: AbortSignal): Promise<void> {
    const { contextStream } = await import('@aws-deployer/image-builder/docker/context-stream');
    const { stream, dockerfile } = await contextStream(request.contextDir, request.dockerfile);
    await mkdir(this.scratchDir, { recursive: true, mode: 0o700 });
    const file = join(this.scratchDir, `${request.key}.context.tar`);
    try {
      const hash = createHash('sha256');
      const hashed = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      await pipeline(stream, hashed, createWriteStream(file, { mode: 0o600 }), { signal });
      const sha256 = hash.digest('hex');
      const { size_bytes } = await this.codebuild.upload(
        `/internal/v1/uploads/${sha256}`,
        () => createReadStream(file),
        { answer: UploadView, signal, timeoutMs: UPLOAD_TIMEOUT_MS },
      );
      request.onLine('system', `sent the source to the build service (${String(size_bytes)} bytes)`);
      const { username, password } = request.registry;
      const asked = await this.codebuild.call('/internal/v1/image-builds', {
        method: 'POST',
        idempotent: true, // the key makes it so
        answer: ImageBuildView,
        signal,
        timeoutMs: 30_000,
        body: {
          key: request.key,
          application: request.application,
          context: { sha256 },
          dockerfile,
          build_args: request.buildArgs,
          image: {
            repository: request.repository,
            tag: request.tag,
            ...(username === undefined ? {} : { username }),
            ...(password === undefined ? {} : { password }),
          },
        },
      });
      request.onLine('system', `build ${asked.build_id} of project ${asked.project}`);
    } finally {
      await rm(file, { force: true });
    }
  }

  async #follow(path: string, { onLine }: ImageBuildRequest, signal: AbortSignal): Promise<ImageBuildView> {
    let after = 0;
    let told = '';
    let pause = SHORTEST_LOOK_MS;
    for (;;) {
      signal.throwIfAborted();
      try {
        const view = await this.codebuild.call(path, { answer: ImageBuildView, signal });
        if (view.status_reason !== told) onLine('system', (told = view.status_reason));
        let ended = isBuildEnd(view.status);
        for (let more = true; more;) {
          const log = await this.codebuild.call(`${path}/log?after=${String(after)}`, {
            answer: ImageBuildLogView,
            signal,
          });
          for (const { seq, stream, text } of log.lines) {
            after = seq;
            onLine(stream, text);
          }
          more = log.lines.length > 0;
          ended &&= log.ended; // the last lines may come after the last state
          if (more) pause = SHORTEST_LOOK_MS;
        }
        if (ended) return view;
      } catch (error) {
        if (signal.aborted || !(error instanceof AppError) || error.kind !== 'unavailable') throw error;
        if (error.message !== told) onLine('system', (told = error.message));
      }
      await wait(pause, undefined, { signal });
      pause = Math.min(pause * 1.5, LONGEST_LOOK_MS);
    }
  }

  /** Throws invalid/`build_failed` with where and why, unavailable/`build_fault`. */
  async #result(view: ImageBuildView, request: ImageBuildRequest, signal: AbortSignal): Promise<BuiltImage> {
    if (view.status !== 'succeeded') {
      throw view.status === 'fault'
        ? new AppError('unavailable', 'build_fault', view.status_reason)
        : new AppError('invalid', 'build_failed', view.status_reason);
    }
    if (view.image === null || view.digest === null)
      throw new AppError(
        'invalid',
        'build_without_image',
        `Project ${view.project} built no image: its buildspec must export IMAGE_URI and IMAGE_DIGEST`,
      );
    const facts = await this.imageRegistry.resolve(`${request.repository}@${view.digest}`, request.registry, signal);
    return {
      image: view.image,
      digest: view.digest,
      exposedPort: facts.exposedPort,
      baseSubstituted: view.base_substituted ?? undefined,
      runtime: facts.runtime,
      build: { id: view.build_id, gates: view.gates },
    };
  }
}
