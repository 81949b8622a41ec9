/**
 * Build projects as people keep them: made, changed, cloned, deleted. On an account of AWS each change is CodeBuild's first
 * and the row's second; on the local account there is only the row.
 */
import { randomBytes } from 'node:crypto';
import type {
  BuildProjectView,
  CreateBuildProjectBody,
  CreatedBuildProjectView,
  UpdateBuildProjectBody,
} from '@aws-deployer/platform/contracts/build-projects';
import { BUILD_ENDS } from '@aws-deployer/platform/contracts/builds';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { templateText } from '../buildspec/buildspec-templates.js';
import type { AccountAccess } from '../ports/account-access.js';
import type { AwsSession } from '../ports/aws-session.js';
import type { MirroredProject, ProjectSettings } from '../ports/project-mirror.js';
import type { CodebuildSchema } from '../schema.js';
import { localProjectArn, projectFromRow, settingColumns, settingsOf, type BuildProject } from './build-project.js';
import { findProjectRow, projectRow, type BuildProjectReadModel } from './build-project-read-model.js';
import { refuseBadProject, type ProjectPlace } from './build-project-rules.js';
import type { MirroredChange } from './mirrored-change.js';
import { changedSettings, pickSettings, recordable } from './project-record.js';

export interface BuildProjectServiceParts {
  readonly database: Database<CodebuildSchema>;
  readonly views: BuildProjectReadModel;
  readonly accounts: AccountAccess;
  readonly mirrored: MirroredChange;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly isLocalMode: boolean;
}
/** Where a sealed webhook secret belongs. */
export const webhookSecretPlace = (projectId: string): string => `build_project/${projectId}/webhook`;

/** What the platform alone knows: a change of these goes to no account. */
const OWN_SETTINGS: readonly (keyof ProjectSettings)[] = ['team', 'quality_gates'];
const LOCAL: MirroredProject = { arn: '', badgeUrl: null, webhookUrl: null, webhookSecret: null };

export class BuildProjectService {
  constructor(private readonly parts: BuildProjectServiceParts) {}

  /** Throws invalid with every field that does not fit, conflict/`project_exists`. */
  async create(body: CreateBuildProjectBody, by: string, origin: Origin): Promise<CreatedBuildProjectView> {
    return this.#create(body, by, origin, { type: 'build_project.create' });
  }

  /** The same settings under another name, also in another account or region. */
  async clone(
    idOrName: string,
    to: { readonly name: string; readonly account?: string | undefined; readonly region?: string | undefined },
    by: string,
    origin: Origin,
  ): Promise<CreatedBuildProjectView> {
    const original = projectFromRow(await findProjectRow(this.parts.database.db, idOrName));
    const account = to.account ?? original.account;
    const region = to.region ?? (account === original.account ? original.region : undefined);
    return this.#create(
      { ...original.settings, name: to.name, account, ...(region === undefined ? {} : { region }) },
      by,
      origin,
      { type: 'build_project.clone', of: original.name },
    );
  }

  /** What is left out stays as it is. Throws conflict/`project_changed` when somebody else was first. */
  async update(idOrName: string, body: UpdateBuildProjectBody, origin: Origin): Promise<CreatedBuildProjectView> {
    const { database, accounts, mirrored, views } = this.parts;
    const before = projectFromRow(await findProjectRow(database.db, idOrName));
    const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
    const place = this.#placeOf(before.engine, before.region);
    const next = resolved({ ...before.settings, ...given }, place);
    const changed = changedSettings(before.settings, next);
    if (changed.length === 0) return { ...(await views.get(before.id)), webhook_secret: null };
    refuseBadProject(next, place);
    const write = (made: MirroredProject | null) => this.#writeUpdate(before, next, made, origin);
    const session = await accounts.session(before.account, before.region);
    const secret =
      session === null || changed.every((key) => OWN_SETTINGS.includes(key))
        ? await write(null)
        : await mirrored.update(session, next, before.settings, write, async () => {
            const row = await projectRow(database.db, before.id);
            return row === undefined ? undefined : projectFromRow(row).settings;
          });
    return { ...(await views.get(before.id)), webhook_secret: secret };
  }

  /** Throws conflict/`project_building` while a build waits or runs. Its builds stay in the list of builds. */
  async remove(idOrName: string, origin: Origin): Promise<void> {
    const { database, accounts, mirrored } = this.parts;
    const project = projectFromRow(await findProjectRow(database.db, idOrName));
    const building = await database.db
      .selectFrom('builds')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .where('project_id', '=', project.id)
      .where('status', 'not in', [...BUILD_ENDS])
      .executeTakeFirstOrThrow();
    if (Number(building.count) > 0)
      throw new AppError(
        'conflict',
        'project_building',
        `${String(building.count)} builds of ${project.name} wait or run: stop them first, or let them end`,
      );
    const session = await accounts.session(project.account, project.region);
    if (session !== null) await mirrored.remove(session, project.name); // harmless twice: a deletion that broke off is repeated
    await inTransaction(database, async (trx) => {
      await trx.deleteFrom('webhook_deliveries').where('project_id', '=', project.id).execute();
      await trx.deleteFrom('build_projects').where('id', '=', project.id).execute();
      await recordAction(trx, origin, {
        type: 'build_project.delete',
        targetType: 'build_project',
        target: project.name,
        before: { account: project.account, region: project.region, arn: project.arn, ...recordable(project.settings) },
      });
    });
  }

  get(idOrName: string): Promise<BuildProjectView> {
    return this.parts.views.get(idOrName);
  }

  async #create(
    body: CreateBuildProjectBody,
    by: string,
    origin: Origin,
    how: { readonly type: string; readonly of?: string },
  ): Promise<CreatedBuildProjectView> {
    const { database, accounts, mirrored, views } = this.parts;
    const { name: account, engine, regions } = await accounts.facts(body.account);
    const session = await accounts.session(account, body.region);
    const region = session?.region ?? regions[0] ?? 'local';
    const place = this.#placeOf(engine, region);
    const settings = resolved(settingsOf(body), place);
    refuseBadProject(settings, place);
    const taken = await projectRow(database.db, settings.name);
    if (taken !== undefined) throw nameTaken(settings.name, taken.account);
    const write = (made: MirroredProject) =>
      this.#writeNew({ account, region, engine, session, settings, made, by, origin, how });
    const secret = session === null ? await write(LOCAL) : await mirrored.create(session, settings, write);
    return { ...(await views.get(settings.name)), webhook_secret: secret };
  }

  /** The row and its action; answers the webhook's secret, which nobody can read later. */
  async #writeNew(project: {
    readonly account: string;
    readonly region: string;
    readonly engine: BuildProject['engine'];
    readonly session: AwsSession | null;
    readonly settings: ProjectSettings;
    readonly made: MirroredProject;
    readonly by: string;
    readonly origin: Origin;
    readonly how: { readonly type: string; readonly of?: string };
  }): Promise<string | null> {
    const { database, clock, views, box } = this.parts;
    const { account, region, engine, settings, made, origin, how } = project;
    const id = newId();
    const now = instant(clock.now());
    const isLocal = project.session === null;
    const secret = isLocal && settings.webhook !== null ? newSecret() : null;
    await inTransaction(database, async (trx) => {
      const row = {
        id,
        name: settings.name,
        account,
        region,
        engine,
        arn: isLocal ? localProjectArn(settings.name) : made.arn,
        ...settingColumns(settings),
        webhook_secret: secret === null ? null : box.seal(secret, webhookSecretPlace(id)),
        webhook_url: secret === null ? made.webhookUrl : views.webhookUrl(settings.name),
        badge_token: settings.badge ? newSecret() : null,
        badge_url: made.badgeUrl,
        imported: 0,
        build_count: 0,
        created_by: project.by,
        created_at: now,
        updated_at: now,
      };
      if (!(await insertedIfAbsent(trx.insertInto('build_projects').values(row))))
        throw nameTaken(settings.name, undefined);
      await recordAction(trx, origin, {
        type: how.type,
        targetType: 'build_project',
        target: settings.name,
        after: {
          account,
          region,
          arn: row.arn,
          ...(how.of === undefined ? {} : { clone_of: how.of }),
          ...recordable(settings),
        },
      });
    });
    return secret ?? made.webhookSecret;
  }

  async #writeUpdate(
    before: BuildProject,
    next: ProjectSettings,
    made: MirroredProject | null,
    origin: Origin,
  ): Promise<string | null> {
    const { database, clock, views, box } = this.parts;
    const isLocal = before.engine === 'local';
    const hadWebhook = before.settings.webhook !== null;
    const secret = isLocal && next.webhook !== null && !hadWebhook ? newSecret() : null;
    const sealed = secret === null ? null : box.seal(secret, webhookSecretPlace(before.id));
    await inTransaction(database, async (trx) => {
      const { numUpdatedRows } = await trx
        .updateTable('build_projects')
        .set({
          ...settingColumns(next),
          ...(isLocal
            ? next.webhook === null
              ? { webhook_secret: null, webhook_url: null }
              : sealed === null
                ? {}
                : { webhook_secret: sealed, webhook_url: views.webhookUrl(before.name) }
            : made === null
              ? {}
              : { arn: made.arn, webhook_url: made.webhookUrl, badge_url: made.badgeUrl }),
          badge_token: next.badge ? (before.badgeToken ?? newSecret()) : null,
          updated_at: after(before.updatedAt, clock),
        })
        .where('id', '=', before.id)
        .where('updated_at', '=', before.updatedAt)
        .executeTakeFirst();
      if (numUpdatedRows === 0n)
        throw new AppError(
          'conflict',
          'project_changed',
          `The build project ${before.name} was changed meanwhile: read it again, then change it`,
        );
      const changed = changedSettings(before.settings, next);
      await recordAction(trx, origin, {
        type: 'build_project.update',
        targetType: 'build_project',
        target: before.name,
        before: recordable(pickSettings(before.settings, changed)),
        after: recordable(pickSettings(next, changed)),
      });
    });
    return secret ?? made?.webhookSecret ?? null;
  }

  #placeOf(engine: ProjectPlace['engine'], region: string): ProjectPlace {
    return { engine, region, isLocalMode: this.parts.isLocalMode };
  }
}

/** 192 bits in letters that need no escaping in an address. */
const newSecret = (): string => randomBytes(24).toString('base64url');

/** Rises with each write, also within one millisecond: the guard of compare and set. */
const after = (before: string, clock: Clock): string =>
  instant(new Date(Math.max(clock.now().getTime(), Date.parse(before) + 1)));

const nameTaken = (name: string, account: string | undefined): AppError =>
  new AppError(
    'conflict',
    'project_exists',
    `There is a build project ${name} already${account === undefined ? '' : ` in the account ${account}`}`,
    {
      fields: [
        { field: 'name', message: `${name} is taken`, mend: 'take another name: it is unique over all accounts' },
      ],
    },
  );

/** With the template's text in the place of its name. Throws invalid where a template needs what the project has not. */
function resolved(settings: ProjectSettings, { engine }: ProjectPlace): ProjectSettings {
  const { buildspec, environment } = settings;
  if (buildspec.type !== 'template') return settings;
  if (buildspec.template === 'docker' && engine === 'codebuild' && !environment.privileged)
    throw invalidField('environment.privileged', 'the template docker runs Docker inside the build', 'set it to true');
  return { ...settings, buildspec: { type: 'inline', text: templateText(buildspec.template) } };
}
