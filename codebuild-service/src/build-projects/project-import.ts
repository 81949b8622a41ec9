/** Projects that an account of AWS has already: listed, and taken over as they are. AWS is only read. */
import type {
  ImportableProjectView,
  ImportBuildProjectsBody,
  ImportedBuildProjectsView,
} from '@aws-deployer/platform/contracts/build-projects';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { AccountAccess } from '../ports/account-access.js';
import type { AwsSession } from '../ports/aws-session.js';
import type { ProjectMirror } from '../ports/project-mirror.js';
import type { CodebuildSchema } from '../schema.js';
import { settingColumns } from './build-project.js';
import { projectRow } from './build-project-read-model.js';
import { PLATFORM_TAG } from './build-project-rules.js';
import { recordable } from './project-record.js';

type Importable = z.infer<typeof ImportableProjectView>;
type Imported = z.infer<typeof ImportedBuildProjectsView>;

export interface ProjectImportParts {
  readonly database: Database<CodebuildSchema>;
  readonly accounts: AccountAccess;
  readonly mirror: ProjectMirror;
  readonly clock: Clock;
}

export class ProjectImport {
  constructor(private readonly parts: ProjectImportParts) {}

  async importable(
    { account, region }: { readonly account?: string | undefined; readonly region?: string | undefined },
    signal: AbortSignal,
  ): Promise<Importable[]> {
    const { database, mirror } = this.parts;
    const session = await this.#session(account, region);
    const [found, known] = await Promise.all([
      mirror.list(session, signal),
      database.db.selectFrom('build_projects').select('arn').where('engine', '=', 'codebuild').execute(),
    ]);
    const arns = new Set(known.map(({ arn }) => arn));
    return found.map(({ name, arn, description }) => ({ name, arn, description, known: arns.has(arn) }));
  }

  /** Each for itself: one that cannot be taken over is told with its reason and keeps none of the others. */
  async take(
    { account, region, names, team }: z.output<typeof ImportBuildProjectsBody>,
    by: string,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<Imported> {
    const session = await this.#session(account, region);
    const result: Imported = { imported: [], skipped: [], lost: [] };
    for (const name of new Set(names)) {
      try {
        const lost = await this.#takeOne(session, account, name, team, by, origin, signal);
        result.imported.push(name);
        if (lost.length > 0) result.lost.push({ name, parts: [...lost] });
      } catch (error) {
        // what is true of the account, not of this project, ends it for all
        if (!(error instanceof AppError) || !['conflict', 'not_found', 'invalid'].includes(error.kind)) throw error;
        result.skipped.push({ name, reason: error.message });
      }
    }
    return result;
  }

  async #takeOne(
    session: AwsSession,
    account: string,
    name: string,
    team: string,
    by: string,
    origin: Origin,
    signal: AbortSignal,
  ): Promise<readonly string[]> {
    const { database, mirror, clock } = this.parts;
    const there = await projectRow(database.db, name);
    if (there !== undefined) throw isKnown(name, there.account);
    const found = await mirror.read(session, name, signal);
    const { [PLATFORM_TAG]: _ours, ...tags } = found.settings.tags;
    const settings = { ...found.settings, name, team, tags };
    const now = instant(clock.now());
    await inTransaction(database, async (trx) => {
      const row = {
        id: newId(),
        name,
        account,
        region: session.region,
        engine: 'codebuild',
        arn: found.mirrored.arn,
        ...settingColumns(settings),
        webhook_secret: null,
        webhook_url: found.mirrored.webhookUrl,
        badge_token: settings.badge ? randomBytes(24).toString('base64url') : null,
        badge_url: found.mirrored.badgeUrl,
        imported: 1,
        build_count: 0,
        created_by: by,
        created_at: now,
        updated_at: now,
      };
      if (!(await insertedIfAbsent(trx.insertInto('build_projects').values(row)))) throw isKnown(name, account);
      await recordAction(trx, origin, {
        type: 'build_project.import',
        targetType: 'build_project',
        target: name,
        after: { account, region: session.region, arn: row.arn, ...recordable(settings) },
        ...(found.lost.length === 0 ? {} : { summary: `Not shown here: ${found.lost.join(', ')}` }),
      });
    });
    return found.lost;
  }

  async #session(account: string | undefined, region: string | undefined): Promise<AwsSession> {
    const session = await this.parts.accounts.session(account, region);
    if (session === null)
      throw invalidField(
        'account',
        'this machine has no projects of its own',
        'name a cloud account of AWS',
        'account_local',
      );
    return session;
  }
}

const isKnown = (name: string, account: string): AppError =>
  new AppError('conflict', 'project_exists', `There is a build project ${name} already, in the account ${account}`);
