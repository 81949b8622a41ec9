/**
 * A change that happens in AWS and here, or in neither: first AWS, for it may refuse; then the row. When the row cannot be
 * written, AWS is put back.
 *
 * The calls do not end with the request: a client that leaves in the middle would leave a project in AWS that nobody knows of.
 */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { AwsSession } from '../ports/aws-session.js';
import type { MirroredProject, ProjectMirror, ProjectSettings } from '../ports/project-mirror.js';
import { PLATFORM_TAG } from './build-project-rules.js';

const CALL_MS = 60_000;

export class MirroredChange {
  constructor(
    private readonly mirror: ProjectMirror,
    private readonly log: Logger,
  ) {}

  /** `write` makes the row and its action. Throws as the mirror and as `write`. */
  async create<Result>(
    session: AwsSession,
    settings: ProjectSettings,
    write: (made: MirroredProject) => Promise<Result>,
  ): Promise<Result> {
    const made = await this.mirror.create(session, tagged(settings), callTime()).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'project_exists'
        ? howToImport(error, session, settings)
        : error;
    });
    return write(made).catch((error: unknown) =>
      this.#putBack(error, `the new project ${settings.name}`, () =>
        this.mirror.remove(session, settings.name, callTime()),
      ),
    );
  }

  /** `written` tells what the row says when `write` failed: another change may have come first. */
  async update<Result>(
    session: AwsSession,
    next: ProjectSettings,
    before: ProjectSettings,
    write: (made: MirroredProject) => Promise<Result>,
    written: () => Promise<ProjectSettings | undefined>,
  ): Promise<Result> {
    const made = await this.mirror.update(session, tagged(next), tagged(before), callTime());
    return write(made).catch((error: unknown) =>
      this.#putBack(error, `the change of project ${next.name}`, async () => {
        const now = await written().catch(() => before); // the database is away: what it said a moment ago
        if (now !== undefined) await this.mirror.update(session, tagged(now), tagged(next), callTime());
      }),
    );
  }

  async remove(session: AwsSession, name: string): Promise<void> {
    await this.mirror.remove(session, name, callTime());
  }

  async #putBack(error: unknown, what: string, undo: () => Promise<void>): Promise<never> {
    try {
      await undo();
    } catch (problem) {
      this.log.error('a change in AWS could not be taken back', { what, error: problem });
      throw new AppError(
        error instanceof AppError ? error.kind : 'internal',
        error instanceof AppError ? error.code : 'internal',
        `${messageOf(error)}; and ${what} could not be taken back in AWS (${messageOf(problem)}): look at it there`,
        { cause: error },
      );
    }
    throw error;
  }
}

const callTime = (): AbortSignal => AbortSignal.timeout(CALL_MS);
const tagged = (settings: ProjectSettings): ProjectSettings => ({
  ...settings,
  tags: { ...settings.tags, [PLATFORM_TAG]: 'build-project' },
});

const howToImport = (error: AppError, session: AwsSession, { name }: ProjectSettings): AppError =>
  new AppError(
    'conflict',
    'project_exists',
    `The cloud account ${session.account ?? ''} has a project ${name} in ${session.region} already`,
    {
      fields: [
        {
          field: 'name',
          message: `${name} is there in the account`,
          mend: `take another name, or take that project over with POST /api/v1/build-projects/import and names ["${name}"]`,
        },
      ],
      cause: error,
    },
  );
