/**
 * Images that the deployer wants built. The same key is the same build, also when the answer to the first request was lost:
 * the row with the build's id is there before the build is. Each application has a build project of its own, made at its
 * first build; what people change in it (steps, gates, compute) holds for the next.
 */
import { CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import { isBuildEnd, StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import type {
  BuiltImageView,
  CreateImageBuildBody,
  ImageBuildLogView,
  ImageBuildView,
} from '@aws-deployer/platform/contracts/image-builds';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { isDuplicate, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { BuildProject } from '../build-projects/build-project.js';
import type { Build } from '../builds/build.js';
import type { BuildService } from '../builds/build-service.js';
import type { BuildStore } from '../builds/build-store.js';
import { pushedImage } from '../quality-gates/gate-keeper.js';
import type { CodebuildSchema } from '../schema.js';
import { IMAGE_BUILDSPEC, imageBuildVariables } from './image-buildspec.js';
import type { UploadStore } from './upload-store.js';

export interface ImageBuildParts {
  readonly database: Database<CodebuildSchema>;
  readonly builds: BuildService;
  readonly store: BuildStore;
  readonly uploads: UploadStore;
  /** undefined: there is none of that name. */
  readonly findProject: (name: string) => Promise<BuildProject | undefined>;
  readonly createProject: (body: CreateBuildProjectBody, origin: Origin) => Promise<BuildProject>;
  readonly clock: Clock;
}
const LOG_PAGE = 1_000;

export class ImageBuildService {
  constructor(private readonly parts: ImageBuildParts) {}

  /** Throws invalid/`upload_missing` on `context.sha256` when the tar is not here: it must be sent (again). */
  async create(body: CreateImageBuildBody, origin: Origin): Promise<ImageBuildView> {
    const { uploads, builds, database, clock } = this.parts;
    if ((await uploads.sizeOf(body.context.sha256)) === undefined)
      throw invalidField(
        'context.sha256',
        'has not been uploaded',
        'put the tar to /internal/v1/uploads first',
        'upload_missing',
      );
    const { password, ...image } = body.image;
    await insertedIfAbsent(
      database.db.insertInto('image_builds').values({
        key: body.key,
        build_id: newId(),
        request: JSON.stringify({ ...body, image }),
        created_at: instant(clock.now()),
      }),
    );
    const buildId = await this.#buildId(body.key);
    if (await this.#exists(buildId)) return this.view(body.key);
    const project = await this.#projectOf(body, origin);
    const [registryHost = ''] = body.image.repository.split('/');
    const variables = imageBuildVariables({
      image: `${body.image.repository}:${body.image.tag}`,
      dockerfile: body.dockerfile,
      registryHost,
      buildArgs: body.build_args,
    });
    await builds
      .start(
        project,
        StartBuildBody.parse({ variables }),
        {
          trigger: 'deployment',
          id: buildId,
          uploadSha256: body.context.sha256,
          ...(body.image.username === undefined || password === undefined
            ? {}
            : { secretVariables: { REGISTRY_USERNAME: body.image.username, REGISTRY_PASSWORD: password } }),
        },
        origin,
      )
      .catch((error: unknown) => {
        if (!isDuplicate(error)) throw error; // the same request came twice at once: one of them was first
      });
    return this.view(body.key);
  }

  /** Throws not_found/`image_build_not_found`. */
  async view(key: string): Promise<ImageBuildView> {
    const build = await this.parts.store.get(await this.#buildId(key));
    const { image, digest } = imageOf(build);
    return {
      key,
      build_id: build.id,
      project: build.project,
      status: build.status,
      status_reason: build.reason,
      failure: build.failure,
      gates: [...build.gates],
      image,
      digest,
      base_substituted: build.exportedVariables['BASE_SUBSTITUTED'] ?? null,
    };
  }

  async log(key: string, after: number): Promise<ImageBuildLogView> {
    const { database, store } = this.parts;
    const build = await store.get(await this.#buildId(key)); // before the rows: an ended build writes no more
    const rows = await database.db
      .selectFrom('build_log_lines')
      .select(['seq', 'ts', 'phase', 'stream', 'text'])
      .where('build_id', '=', build.id)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(LOG_PAGE)
      .execute();
    return {
      lines: rows.map((row) => ({ ...row, seq: Number(row.seq) }) as ImageBuildLogView['lines'][number]),
      ended: isBuildEnd(build.status),
    };
  }

  async stop(key: string, origin: Origin): Promise<ImageBuildView> {
    const build = await this.parts.store.get(await this.#buildId(key));
    if (!isBuildEnd(build.status))
      await this.parts.builds.stop(build.id, origin).catch((error: unknown) => {
        if (!(error instanceof AppError) || error.code !== 'build_ended') throw error; // it was faster
      });
    return this.view(key);
  }

  /** Of any build, by its id. */
  async builtImage(buildId: string): Promise<BuiltImageView> {
    const build = await this.parts.store.get(buildId);
    return {
      build_id: build.id,
      project: build.project,
      number: build.number,
      status: build.status,
      ...imageOf(build),
      gates: [...build.gates],
    };
  }

  async #buildId(key: string): Promise<string> {
    const row = await this.parts.database.db
      .selectFrom('image_builds')
      .select('build_id')
      .where('key', '=', key)
      .executeTakeFirst();
    if (row === undefined)
      throw new AppError('not_found', 'image_build_not_found', `There is no image build with the key ${key}`);
    return row.build_id;
  }

  async #exists(buildId: string): Promise<boolean> {
    const { db } = this.parts.database;
    return (await db.selectFrom('builds').select('id').where('id', '=', buildId).executeTakeFirst()) !== undefined;
  }

  async #projectOf({ application, account }: CreateImageBuildBody, origin: Origin): Promise<BuildProject> {
    const { findProject, createProject } = this.parts;
    const name = `image-${application}`;
    const known = await findProject(name);
    if (known !== undefined) return known;
    const body = CreateBuildProjectBody.parse({
      name,
      ...(account === undefined ? {} : { account }),
      description: `Images of the application ${application}, built for its deployments`,
      source: { type: 'none' },
      buildspec: { type: 'inline', text: IMAGE_BUILDSPEC },
      environment: { privileged: true },
    });
    return createProject(body, origin).catch(async (error: unknown) => {
      const other = await findProject(name); // two first builds at once: one made it
      if (other === undefined) throw error;
      return other;
    });
  }
}

function imageOf({ exportedVariables }: Build): { readonly image: string | null; readonly digest: string | null } {
  const pushed = pushedImage(exportedVariables);
  return { image: pushed === null ? null : (exportedVariables['IMAGE_URI'] ?? null), digest: pushed?.digest ?? null };
}
