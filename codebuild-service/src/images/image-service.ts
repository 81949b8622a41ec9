/**
 * Images in ECR as people keep them: repositories, images with what is known of them, scans, lifecycle. What runs is never
 * deleted, and where nobody knows what runs nothing is.
 */
import type {
  CreateRepositoryBody,
  DeletedImagesView,
  DeleteImagesBody,
  DeleteRepositoryQuery,
  FindingsQuery,
  FindingsView,
  ImageRepositoryView,
  ImagesQuery,
  ImageView,
  LifecyclePolicyBody,
  LifecyclePolicyView,
  RepositoriesQuery,
  RepositoryQuery,
  StartedScanView,
  StartScanBody,
} from '@aws-deployer/platform/contracts/images';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Action, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { z } from 'zod';
import type { ImageRepositories, RepositoryImage } from '../ports/image-repositories.js';
import type { LiveImages } from '../ports/live-images.js';
import type { CodebuildSchema } from '../schema.js';
import { byGravity, repositoryView } from './image-views.js';
import type { ImagePlaces, NamedSession } from './image-places.js';
import { policyWith, readPolicy } from './lifecycle-policy.js';

export interface ImageServiceParts {
  readonly database: Database<CodebuildSchema>;
  readonly places: ImagePlaces;
  readonly repositories: ImageRepositories;
  readonly live: LiveImages;
}
/** Pages of AWS that are looked through for a name before the page goes out short. */
const SEARCHED_PAGES = 20;

export class ImageService {
  constructor(private readonly parts: ImageServiceParts) {}

  /** In the order of AWS; with `q` a page may be short and still have a next one. */
  async list(query: z.output<typeof RepositoriesQuery>, signal: AbortSignal): Promise<Page<ImageRepositoryView>> {
    const session = await this.parts.places.session(query);
    const { q, limit } = query;
    const items: ImageRepositoryView[] = [];
    let cursor = query.cursor;
    for (let page = 1; ; page += 1) {
      const asked = { limit: limit - items.length, cursor };
      const found = await this.parts.repositories.list(session, asked, signal);
      for (const one of found.items)
        if (q === undefined || one.name.includes(q)) items.push(repositoryView(one, session));
      cursor = found.cursor ?? undefined;
      if (q === undefined || cursor === undefined || items.length >= limit || page >= SEARCHED_PAGES)
        return { items, next_cursor: cursor ?? null };
    }
  }

  async get(query: z.output<typeof RepositoryQuery>, signal: AbortSignal): Promise<ImageRepositoryView> {
    const session = await this.parts.places.session(query);
    return repositoryView(await this.parts.repositories.get(session, query.repository, signal), session);
  }

  async create(
    body: z.output<typeof CreateRepositoryBody>,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<ImageRepositoryView> {
    const session = await this.parts.places.session(body);
    const settings = { name: body.name, scanOnPush: body.scan_on_push, immutableTags: body.immutable_tags };
    const view = repositoryView(await this.parts.repositories.create(session, settings, signal), session);
    await this.#record(origin, session, {
      type: 'image_repository.create',
      targetType: 'image_repository',
      target: body.name,
      after: view,
    });
    return view;
  }

  /** Throws conflict/`image_in_use`, conflict/`repository_not_empty`, unavailable/`live_images_unknown`. */
  async remove(query: z.output<typeof DeleteRepositoryQuery>, origin: Origin, signal: AbortSignal): Promise<void> {
    const { repository, force } = query;
    const session = await this.parts.places.session(query);
    const images = await this.parts.repositories.images(session, repository, signal);
    if (images.length > 0 && !force)
      throw new AppError(
        'conflict',
        'repository_not_empty',
        `The repository ${repository} holds ${images.length} images: delete them first, or ask with force=true`,
      );
    if (images.length > 0) {
      const runs = await this.#runsKnown(signal);
      const [first] = images.flatMap(({ digest }) => runs.get(digest) ?? []);
      if (first !== undefined)
        throw new AppError('conflict', 'image_in_use', `An image of ${repository} runs in ${first}: it stays`);
    }
    await this.parts.repositories.remove(session, repository, force, signal);
    await this.#record(origin, session, {
      type: 'image_repository.delete',
      targetType: 'image_repository',
      target: repository,
      before: { images: images.length },
    });
  }

  /** The newest first. */
  async images(query: z.output<typeof ImagesQuery>, signal: AbortSignal): Promise<Page<ImageView>> {
    const { repository, tagged, limit, cursor } = query;
    const session = await this.parts.places.session(query);
    const [all, runs] = await Promise.all([
      this.parts.repositories.images(session, repository, signal),
      this.#runs(signal),
    ]);
    const [pushed = '', digest = ''] = cursor === undefined ? [] : decodeCursor(cursor, 2).map(String);
    const rows = all
      .filter(({ tags }) => tagged === undefined || tags.length > 0 === tagged)
      .toSorted(newestFirst)
      .filter(
        (image) => cursor === undefined || newestFirst({ pushedAt: pushed === '' ? null : pushed, digest }, image) < 0,
      );
    return pageFrom(
      rows,
      limit,
      (image): ImageView => ({
        repository,
        digest: image.digest,
        tags: [...image.tags],
        size_bytes: image.sizeBytes,
        pushed_at: image.pushedAt,
        last_pulled_at: image.lastPulledAt,
        media_type: image.mediaType,
        scan_status: image.scanStatus,
        findings: image.findings === null ? null : { ...image.findings },
        in_use: runs === null ? null : [...(runs.get(image.digest) ?? [])],
      }),
      (image) => [image.pushedAt ?? '', image.digest],
    );
  }

  /** What runs stays, each with the reason. Throws unavailable/`live_images_unknown`: then nothing is deleted. */
  async removeImages(
    body: z.output<typeof DeleteImagesBody>,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<DeletedImagesView> {
    const { repository } = body;
    const session = await this.parts.places.session(body);
    const runs = await this.#runsKnown(signal);
    const digests = [...new Set(body.digests)];
    const running = digests.flatMap((digest) => {
      const places = runs.get(digest);
      return places === undefined ? [] : [{ digest, reason: `it runs in ${places.join(', ')}` }];
    });
    const free = digests.filter((digest) => !runs.has(digest));
    const { deleted, kept } =
      free.length === 0
        ? { deleted: [], kept: [] }
        : await this.parts.repositories.removeImages(session, repository, free, signal);
    const view = { deleted: [...deleted], kept: [...running, ...kept] };
    await this.#record(origin, session, {
      type: 'image.delete',
      targetType: 'image_repository',
      target: repository,
      before: { digests },
      after: view,
    });
    return view;
  }

  async findings(query: z.output<typeof FindingsQuery>, signal: AbortSignal): Promise<FindingsView> {
    const { repository, digest } = query;
    const session = await this.parts.places.session(query);
    const scan = await this.parts.repositories.scan(session, repository, digest, signal);
    return {
      repository,
      digest,
      status: scan.status,
      description: scan.description,
      completed_at: scan.completedAt,
      by_severity: { ...scan.bySeverity },
      findings: scan.findings.toSorted(byGravity),
    };
  }

  async startScan(body: z.output<typeof StartScanBody>, origin: Origin, signal: AbortSignal): Promise<StartedScanView> {
    const { repository, digest } = body;
    const session = await this.parts.places.session(body);
    const status = await this.parts.repositories.startScan(session, repository, digest, signal);
    await this.#record(origin, session, {
      type: 'image.scan',
      targetType: 'image_repository',
      target: repository,
      after: { digest },
    });
    return { repository, digest, status: status.toLowerCase() };
  }

  async lifecycle(query: z.output<typeof RepositoryQuery>, signal: AbortSignal): Promise<LifecyclePolicyView> {
    const session = await this.parts.places.session(query);
    return readPolicy(await this.parts.repositories.lifecycle(session, query.repository, signal));
  }

  /** Rules of another shape stay. */
  async setLifecycle(
    body: z.output<typeof LifecyclePolicyBody>,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<LifecyclePolicyView> {
    const { repository, rules } = body;
    const session = await this.parts.places.session(body);
    const before = await this.parts.repositories.lifecycle(session, repository, signal);
    const text = policyWith(rules, before);
    await this.parts.repositories.setLifecycle(session, repository, text, signal);
    await this.#record(origin, session, {
      type: 'image_repository.lifecycle',
      targetType: 'image_repository',
      target: repository,
      before: { policy: before },
      after: { policy: text },
    });
    return readPolicy(text);
  }

  /** `application/environment` by digest; null: the deployer could not be asked. */
  async #runs(signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]> | null> {
    try {
      return await this.#runsKnown(signal);
    } catch (error) {
      if (error instanceof AppError) return null;
      throw error;
    }
  }

  async #runsKnown(signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const live = await this.parts.live.all(signal).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      throw new AppError(
        'unavailable',
        'live_images_unknown',
        `Nothing was deleted: the deployer could not be asked what runs (${messageOf(error)})`,
        { cause: error, retryAfterSeconds: 5 },
      );
    });
    const runs = new Map<string, string[]>();
    for (const { digest, application, environment } of live) {
      const places = runs.get(digest) ?? [];
      const place = `${application}/${environment}`;
      runs.set(digest, places.includes(place) ? places : [...places, place]);
    }
    return runs;
  }

  async #record(origin: Origin, { account, region }: NamedSession, action: Action): Promise<void> {
    await recordAction(this.parts.database.db, origin, { ...action, request: { account, region } });
  }
}

const newestFirst = (
  a: Pick<RepositoryImage, 'pushedAt' | 'digest'>,
  b: Pick<RepositoryImage, 'pushedAt' | 'digest'>,
): number => {
  const [one, other] = [a.pushedAt ?? '', b.pushedAt ?? ''];
  if (one !== other) return one > other ? -1 : 1;
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0;
};
