/** The files that a build has made, read back from the engine that keeps them. */
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Readable } from 'node:stream';
import type { AccountAccess } from '../ports/account-access.js';
import type { BuildEngine } from '../ports/build-engine.js';
import type { CodebuildSchema } from '../schema.js';
import type { Build } from './build.js';
import type { BuildStore } from './build-store.js';

export interface BuildFilesParts {
  readonly database: Database<CodebuildSchema>;
  readonly store: BuildStore;
  readonly accounts: AccountAccess;
  readonly engines: Readonly<Partial<Record<BuildEngine['name'], BuildEngine>>>;
}
export interface OpenedFile {
  readonly body: Readable;
  /** null: not known before it is read. */
  readonly sizeBytes: number | null;
}

export class BuildFiles {
  constructor(private readonly parts: BuildFilesParts) {}

  /**
   * Only what is listed is opened: a path is never looked for at the engine. Throws not_found: `build_not_found`,
   * `artifact_not_found` (not on the list), `artifact_gone` (on the list, but no longer kept).
   */
  async open(id: string, artifact: string, path: string, signal: AbortSignal): Promise<OpenedFile> {
    const build = await this.parts.store.get(id);
    if (!(await this.#isListed(id, artifact, path)))
      throw new AppError(
        'not_found',
        'artifact_not_found',
        `Build ${build.number} of ${build.project} has no file ${path} in its artifact ${artifact}`,
      );
    const engine = this.parts.engines[build.engine];
    if (engine === undefined || build.engineRef === null) throw gone(build, path);
    const session = build.engine === 'local' ? null : await this.parts.accounts.session(build.account, build.region);
    try {
      return await engine.openArtifact({ ref: build.engineRef, session }, artifact, path, signal);
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not_found') throw gone(build, path, error);
      throw error;
    }
  }

  async #isListed(id: string, artifact: string, path: string): Promise<boolean> {
    const rows = await this.parts.database.db
      .selectFrom('build_artifacts')
      .select(['artifact', 'path'])
      .where('build_id', '=', id)
      .where('path', '=', path)
      .execute();
    return rows.some((row) => row.artifact === artifact && row.path === path); // to the letter, whatever the collation
  }
}

const gone = ({ number, project, engine }: Build, path: string, cause?: AppError): AppError =>
  new AppError(
    'not_found',
    'artifact_gone',
    engine === 'local'
      ? `${path} of build ${number} of ${project} is no longer kept: this machine keeps the files of the newest builds only. Run the build again`
      : `${path} of build ${number} of ${project} is no longer in its bucket. Run the build again`,
    cause === undefined ? {} : { cause },
  );
