/**
 * Secrets of applications and of sources: write only for people, read only by deployments, each read on the log. Every
 * version is kept while the secret is, because an earlier release is restored with the values that it had.
 */
import type { CreateSecretBody, SecretType, SecretView } from '@aws-deployer/platform/contracts/registries';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { z } from 'zod';
import type { DeployerSchema } from '../schema.js';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { sealedVersion, secretById, secretFor, secretsPage, toSecretView, type SecretRow } from './secret-store.js';

type Values = Readonly<Record<string, string>>;
type Type = z.infer<typeof SecretType>;
/** Which version of a secret a release uses. */
export interface SecretReference {
  readonly name: string;
  readonly id: string;
  readonly version: number;
}

/** What each type must and may hold. Opaque ones hold what they like. */
const KEYS: Readonly<Record<Exclude<Type, 'opaque'>, { readonly must: string[]; readonly may: string[] }>> = {
  git_token: { must: ['token'], may: ['username'] },
  ssh_key: { must: ['private_key'], may: ['known_hosts'] },
  registry: { must: ['username', 'password'], may: [] },
};

export class SecretService {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly box: SecretBox,
    private readonly clock: Clock,
  ) {}

  /** Throws conflict/`secret_exists`, invalid/`invalid_field` naming the key that is missing or unknown. */
  async create(body: z.output<typeof CreateSecretBody>, createdBy: string, origin: Origin): Promise<SecretView> {
    checkKeys(body.type, body.values);
    const now = instant(this.clock.now());
    const row: SecretRow = {
      id: newId(),
      name: body.name,
      environment: body.environment ?? '',
      type: body.type,
      keys: JSON.stringify(Object.keys(body.values).sort()),
      version: 1,
      created_by: createdBy,
      created_at: now,
      updated_at: now,
    };
    await inTransaction(this.database, async (trx) => {
      if (!(await insertedIfAbsent(trx.insertInto('secrets').values(row))))
        throw new AppError(
          'conflict',
          'secret_exists',
          `There is a secret ${body.name} already for ${body.environment === undefined ? 'all environments' : `the environment ${body.environment}`}`,
        );
      await trx.insertInto('secret_versions').values(this.#versionOf(row, body.values)).execute();
      await recordAction(trx, origin, {
        type: 'secret.create',
        targetType: 'secret',
        target: row.name,
        after: toSecretView(row),
      });
    });
    return toSecretView(row);
  }

  /** A new version with other values; releases that are live keep theirs until their next deployment. */
  async update(id: string, values: Values, origin: Origin): Promise<SecretView> {
    return inTransaction(this.database, async (trx) => {
      const row = await this.#existing(trx, id);
      checkKeys(row.type as Type, values);
      const next: SecretRow = {
        ...row,
        keys: JSON.stringify(Object.keys(values).sort()),
        version: row.version + 1,
        updated_at: instant(this.clock.now()),
      };
      const moved = await trx
        .updateTable('secrets')
        .set({ keys: next.keys, version: next.version, updated_at: next.updated_at })
        .where('id', '=', id)
        .where('version', '=', row.version)
        .executeTakeFirst();
      if (moved.numUpdatedRows === 0n)
        throw new AppError('conflict', 'secret_changed', `The secret ${row.name} was changed meanwhile; try again`);
      await trx.insertInto('secret_versions').values(this.#versionOf(next, values)).execute();
      await recordAction(trx, origin, {
        type: 'secret.update',
        targetType: 'secret',
        target: row.name,
        before: { version: row.version, keys: JSON.parse(row.keys) as string[] },
        after: { version: next.version, keys: JSON.parse(next.keys) as string[] },
      });
      return toSecretView(next);
    });
  }

  /**
   * Throws conflict/`secret_in_use` while a live release uses it, also to pull its image: its rollback would find no values. One that
   * is on its way to be live needs it as well.
   */
  async remove(id: string, origin: Origin): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const row = await this.#existing(trx, id);
      const live = await trx
        .selectFrom('releases')
        .innerJoin('applications', 'applications.id', 'releases.application_id')
        .select([
          'releases.secrets',
          'releases.pull_account',
          'releases.environment',
          'applications.name as application',
        ])
        .where((where) => where.or([where('releases.live', '=', 1), where('releases.status', '=', 'pending')]))
        .execute();
      const user = live.find(({ secrets, pull_account: account }) =>
        [...(JSON.parse(secrets) as SecretReference[]), JSON.parse(account ?? '{}') as Partial<SecretReference>].some(
          (one) => one.id === id,
        ),
      );
      if (user)
        throw new AppError(
          'conflict',
          'secret_in_use',
          `The secret ${row.name} is used by ${user.application} in ${user.environment}: deploy it without the secret first`,
        );
      await trx.deleteFrom('secret_versions').where('secret_id', '=', id).execute();
      await trx.deleteFrom('secrets').where('id', '=', id).execute();
      await recordAction(trx, origin, {
        type: 'secret.delete',
        targetType: 'secret',
        target: row.name,
        before: toSecretView(row),
      });
    });
  }

  list(query: PageQuery): Promise<Page<SecretView>> {
    return secretsPage(this.database.db, query);
  }

  async get(id: string): Promise<SecretView> {
    return toSecretView(await this.#existing(this.database.db, id));
  }

  /** What the names mean in an environment now. Throws invalid/`secret_unknown` naming the field. */
  async references(names: readonly string[], environment: string): Promise<SecretReference[]> {
    const references: SecretReference[] = [];
    for (const [index, name] of names.entries()) {
      const row = await this.named(name, environment, ['opaque'], `workload.secrets.${index}`);
      references.push({ name, id: row.id, version: row.version });
    }
    return references;
  }

  /** Throws invalid/`secret_unknown` or `secret_type` on `field`. */
  async named(name: string, environment: string, types: readonly Type[], field: string): Promise<SecretRow> {
    const row = await secretFor(this.database.db, name, environment);
    if (row === undefined)
      throw invalidField(
        field,
        `there is no secret ${name} for ${environment}`,
        'create it under /api/v1/secrets first',
        'secret_unknown',
      );
    if (!types.includes(row.type as Type))
      throw invalidField(
        field,
        `${name} is a secret of type ${row.type}`,
        `name one of type ${types.join(' or ')}`,
        'secret_type',
      );
    return row;
  }

  /** Opens what a deployment needs; the read is recorded before the values are handed out. */
  async read(reference: SecretReference, origin: Origin, why: string): Promise<Values> {
    const { db } = this.database;
    const row = await secretById(db, reference.id);
    const sealed = await sealedVersion(db, reference.id, reference.version);
    if (row === undefined || sealed === undefined)
      throw new AppError(
        'conflict',
        'secret_gone',
        `The secret ${reference.name} (version ${reference.version}) does not exist any more`,
      );
    await recordAction(db, origin, {
      type: 'secret.read',
      targetType: 'secret',
      target: row.name,
      after: { version: reference.version },
      summary: why,
    });
    return JSON.parse(this.box.open(sealed, belongsTo(row))) as Values;
  }

  async #existing(db: Parameters<typeof secretById>[0], id: string): Promise<SecretRow> {
    const row = await secretById(db, id);
    if (row === undefined) throw new AppError('not_found', 'secret_not_found', `There is no secret ${id}`);
    return row;
  }

  #versionOf(row: SecretRow, values: Values) {
    return {
      secret_id: row.id,
      version: row.version,
      sealed: this.box.seal(JSON.stringify(values), belongsTo(row)),
      created_at: row.updated_at,
    };
  }
}

const belongsTo = ({ environment, name }: SecretRow): string => `${environment === '' ? '*' : environment}/${name}`;

function checkKeys(type: Type, values: Values): void {
  if (type === 'opaque') {
    if (Object.keys(values).length === 0)
      throw invalidField('values', 'is empty', 'give at least one name and its value');
    return;
  }
  const { must, may } = KEYS[type];
  for (const key of must)
    if (values[key] === undefined || values[key] === '')
      throw invalidField(`values.${key}`, 'is required', `a secret of type ${type} needs ${must.join(' and ')}`);
  for (const key of Object.keys(values))
    if (!must.includes(key) && !may.includes(key))
      throw invalidField(
        `values.${key}`,
        'is unknown',
        `a secret of type ${type} takes ${[...must, ...may].join(', ')}`,
      );
}
