/** The images of one build without a Docker Engine: made by the host builder, kept in the build's folder, pushed by name. */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { isLoopbackHost, parseImageReference, type ImageReference } from '@aws-deployer/platform/oci/image-reference';
import type { AssembledImage, HostImageBuilder } from '@aws-deployer/image-builder/host/host-image-builder';
import { hostImageFiles, pushImage, type HostImageFiles } from '@aws-deployer/image-builder/host/image-push';
import type { DockerCommand } from './docker-words.js';

export interface KeptImage extends AssembledImage {
  readonly files: HostImageFiles;
}
export interface PushedImage {
  readonly image: string;
  readonly digest: string;
  readonly exposedPort: number | undefined;
}
export interface Client {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}
type Build = Extract<DockerCommand, { type: 'build' }>;

export class HostImages {
  /** `127.0.0.1:5001/shop:1` as it is written out in full → the image. */
  private readonly tagged = new Map<string, KeptImage>();
  private readonly byId = new Map<string, KeptImage>();
  /** Repository in full → digests that were pushed there. */
  private readonly pushedDigests = new Map<string, Set<string>>();
  private readonly logins = new Map<string, { readonly username: string; readonly password: string }>();
  lastPushed: PushedImage | undefined;

  constructor(
    private readonly builder: HostImageBuilder,
    /** The build's own. */
    private readonly folder: string,
  ) {}

  async build(command: Build, client: Client, signal: AbortSignal): Promise<void> {
    const names = command.tags.map((tag) => fullName(parseImageReference(tag)));
    const contextDir = resolve(client.cwd, command.context);
    const file = command.file ?? join(contextDir, 'Dockerfile');
    const into = join(this.folder, randomUUID());
    await mkdir(into, { recursive: true });
    const say = (stream: 'stdout' | 'stderr' | 'system', text: string): void => {
      if (stream === 'stderr') client.err(text);
      else if (!command.quiet) client.out(text);
    };
    const image = await this.builder.assemble(
      {
        key: into,
        contextDir,
        dockerfile: isAbsolute(file) ? file : resolve(client.cwd, file),
        buildArgs: Object.fromEntries(
          Object.entries(command.buildArgs).flatMap(([name, value]) => {
            const found = value ?? client.env[name];
            return found === undefined ? [] : [[name, found] as const];
          }),
        ),
        labels: command.labels,
        target: command.target,
        onLine: say,
      },
      into,
      signal,
    );
    const kept = { ...image, files: hostImageFiles(image) };
    this.byId.set(kept.files.id, kept);
    for (const name of names) this.tagged.set(name, kept);
    if (command.iidFile !== undefined) await writeFile(resolve(client.cwd, command.iidFile), kept.files.id);
    if (command.quiet) client.out(kept.files.id);
    else client.out(`Successfully built ${kept.files.id.slice('sha256:'.length, 19)}`);
    if (!command.quiet) for (const name of names) client.out(`Successfully tagged ${name}`);
    if (command.push) for (const name of names) await this.push(name, client, signal);
  }

  tag(from: string, to: string): void {
    this.tagged.set(fullName(parseImageReference(to)), this.find(from));
  }

  async push(reference: string, client: Client, signal: AbortSignal): Promise<void> {
    const parsed = parseImageReference(reference);
    const image = this.find(reference);
    const repository = repositoryOf(parsed);
    const tag = parsed.tag ?? 'latest';
    client.out(`The push refers to repository [${repository}]`);
    const login = this.logins.get(parsed.registry);
    const digest = await pushImage(
      {
        layer: image.layer,
        config: image.config,
        repository,
        tag,
        registry: { host: parsed.registry, insecure: isLoopbackHost(parsed.registry), ...login },
      },
      signal,
    );
    this.pushedDigests.set(repository, (this.pushedDigests.get(repository) ?? new Set()).add(digest));
    this.lastPushed = { image: `${repository}:${tag}`, digest, exposedPort: image.exposedPort };
    client.out(`${tag}: digest: ${digest} size: ${String(image.files.manifest.length)}`);
  }

  login(host: string, username: string, password: string): void {
    this.logins.set(host, { username, password });
  }
  logout(host: string): void {
    this.logins.delete(host);
  }
  remove(reference: string): void {
    this.find(reference);
    this.tagged.delete(fullName(parseImageReference(reference)));
  }

  list(): readonly { readonly name: string; readonly id: string }[] {
    return [...this.tagged].map(([name, { files }]) => ({ name, id: files.id }));
  }

  /** As `docker inspect` tells of an image. */
  describe(reference: string): Readonly<Record<string, unknown>> {
    const image = this.find(reference);
    const tags = [...this.tagged].filter(([, other]) => other === image).map(([name]) => name);
    const digests = [...this.pushedDigests]
      .filter(([, all]) => all.has(image.files.digest))
      .map(([repository]) => `${repository}@${image.files.digest}`);
    const asked =
      reference.includes('@') || this.byId.has(reference) ? '' : repositoryOf(parseImageReference(reference));
    return {
      Id: image.files.id,
      RepoTags: tags,
      // Of the name that was asked for first: that is the one that is meant.
      RepoDigests: digests.sort((a, b) => Number(b.startsWith(`${asked}@`)) - Number(a.startsWith(`${asked}@`))),
      Os: 'linux',
      Size: image.layer.size,
      Config: image.config,
    };
  }

  /** Throws AppError not_found/`image_not_found`. */
  private find(reference: string): KeptImage {
    const byId = [...this.byId].find(
      ([id]) => id === reference || (/^[0-9a-f]{6,64}$/.test(reference) && id.startsWith(`sha256:${reference}`)),
    )?.[1];
    const found = byId ?? this.tagged.get(fullName(parseImageReference(reference)));
    if (found === undefined)
      throw new AppError(
        'not_found',
        'image_not_found',
        `No such image: ${reference} (only what this build has built)`,
      );
    return found;
  }
}

const repositoryOf = ({ registry, repository }: ImageReference): string => `${registry}/${repository}`;
const fullName = (reference: ImageReference): string => `${repositoryOf(reference)}:${reference.tag ?? 'latest'}`;
