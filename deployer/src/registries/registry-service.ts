/**
 * Image registries: the embedded one is always there; another becomes the place that images are pushed to when it is made
 * the default. Passwords are sealed and never shown.
 */
import type { CreateRegistryBody, RegistryView, UpdateRegistryBody } from '@aws-deployer/platform/contracts/registries';
import type { Page, PageQuery } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Kysely, Selectable, Transaction } from 'kysely';
import type { z } from 'zod';
import type { DeployerSchema, RegistriesTable } from '../schema.js';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import { parseRegistryUrl } from './registry-url.js';

export type RegistryRow = Selectable<RegistriesTable>;
type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;
export const EMBEDDED_REGISTRY_NAME = 'embedded';

export class RegistryService {
  constructor(
    private readonly database: Database<DeployerSchema>,
    private readonly box: SecretBox,
    private readonly clock: Clock,
  ) {}

  /** Keeps the row of the registry that comes with the platform: its port may be another one at each first start. */
  async keepEmbedded(host: string | undefined): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const row = await trx.selectFrom('registries').selectAll().where('embedded', '=', 1).executeTakeFirst();
      if (host === undefined) {
        if (row) await trx.deleteFrom('registries').where('id', '=', row.id).execute();
        return;
      }
      const url = `http://${host}`;
      if (row) await trx.updateTable('registries').set({ url }).where('id', '=', row.id).execute();
      else {
        const others = await trx.selectFrom('registries').select('id').where('is_default', '=', 1).execute();
        const first = {
          ...this.#rowOf({ name: EMBEDDED_REGISTRY_NAME, url }),
          is_default: others.length === 0 ? 1 : 0,
        };
        await trx
          .insertInto('registries')
          .values({ ...first, embedded: 1 })
          .execute();
      }
    });
  }

  async create(body: z.output<typeof CreateRegistryBody>, origin: Origin): Promise<RegistryView> {
    parseRegistryUrl(body.url);
    return inTransaction(this.database, async (trx) => {
      const row: RegistryRow = {
        ...this.#rowOf(body),
        username: body.username ?? null,
        password: this.#sealed(body.name, body.password),
        is_default: body.is_default ? 1 : 0,
      };
      if (body.is_default) await trx.updateTable('registries').set({ is_default: 0 }).execute();
      if (!(await insertedIfAbsent(trx.insertInto('registries').values(row))))
        throw new AppError('conflict', 'registry_exists', `There is a registry ${body.name} already`);
      await recordAction(trx, origin, {
        type: 'registry.create',
        targetType: 'registry',
        target: row.name,
        after: toView(row),
      });
      return toView(row);
    });
  }

  async update(idOrName: string, body: z.output<typeof UpdateRegistryBody>, origin: Origin): Promise<RegistryView> {
    if (body.url !== undefined) parseRegistryUrl(body.url);
    return inTransaction(this.database, async (trx) => {
      const row = await this.#existing(trx, idOrName);
      if (row.embedded === 1 && (body.url !== undefined || body.username !== undefined || body.password !== undefined))
        throw new AppError('conflict', 'registry_embedded', 'The embedded registry can only be made the default');
      const next: RegistryRow = {
        ...row,
        url: body.url ?? row.url,
        username: body.username ?? row.username,
        password: body.password === undefined ? row.password : this.#sealed(row.name, body.password),
        is_default: body.is_default === undefined ? row.is_default : body.is_default ? 1 : 0,
      };
      if (body.is_default === true) await trx.updateTable('registries').set({ is_default: 0 }).execute();
      const { url, username, password, is_default } = next;
      await trx
        .updateTable('registries')
        .set({ url, username, password, is_default })
        .where('id', '=', row.id)
        .execute();
      if (is_default === 0) await this.#defaultToEmbedded(trx);
      await recordAction(trx, origin, {
        type: 'registry.update',
        targetType: 'registry',
        target: row.name,
        before: toView(row),
        after: toView(next),
      });
      return toView(next);
    });
  }

  async remove(idOrName: string, origin: Origin): Promise<void> {
    await inTransaction(this.database, async (trx) => {
      const row = await this.#existing(trx, idOrName);
      if (row.embedded === 1)
        throw new AppError('conflict', 'registry_embedded', 'The embedded registry belongs to the platform');
      await trx.deleteFrom('registries').where('id', '=', row.id).execute();
      await this.#defaultToEmbedded(trx);
      await recordAction(trx, origin, {
        type: 'registry.delete',
        targetType: 'registry',
        target: row.name,
        before: toView(row),
      });
    });
  }

  async get(idOrName: string): Promise<RegistryView> {
    return toView(await this.#existing(this.database.db, idOrName));
  }

  async list({ limit, cursor }: PageQuery): Promise<Page<RegistryView>> {
    let query = this.database.db
      .selectFrom('registries')
      .selectAll()
      .orderBy('name')
      .limit(limit + 1);
    if (cursor !== undefined) query = query.where('name', '>', String(decodeCursor(cursor, 1)[0]));
    return pageFrom(await query.execute(), limit, toView, ({ name }) => [name]);
  }

  /** By name; absent: the default one. */
  async row(name: string | undefined): Promise<RegistryRow | undefined> {
    const query = this.database.db.selectFrom('registries').selectAll();
    return (name === undefined ? query.where('is_default', '=', 1) : query.where('name', '=', name)).executeTakeFirst();
  }

  async rows(): Promise<RegistryRow[]> {
    return this.database.db.selectFrom('registries').selectAll().orderBy('is_default', 'desc').execute();
  }

  passwordOf(row: RegistryRow): string | undefined {
    return row.password === null ? undefined : this.box.open(row.password, `registry/${row.name}`);
  }

  #sealed(name: string, password: string | undefined): string | null {
    return password === undefined || password === '' ? null : this.box.seal(password, `registry/${name}`);
  }

  #rowOf({ name, url }: { name: string; url: string }): RegistryRow {
    const created_at = instant(this.clock.now());
    return { id: newId(), name, url, username: null, password: null, is_default: 0, embedded: 0, created_at };
  }

  /** There is always a default: the embedded one when no other is. */
  async #defaultToEmbedded(trx: Transaction<DeployerSchema>): Promise<void> {
    const other = await trx.selectFrom('registries').select('id').where('is_default', '=', 1).executeTakeFirst();
    if (!other) await trx.updateTable('registries').set({ is_default: 1 }).where('embedded', '=', 1).execute();
  }

  async #existing(db: Db, idOrName: string): Promise<RegistryRow> {
    const row = await db
      .selectFrom('registries')
      .selectAll()
      .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
      .executeTakeFirst();
    if (row === undefined) throw new AppError('not_found', 'registry_not_found', `There is no registry ${idOrName}`);
    return row;
  }
}

const toView = (row: RegistryRow): RegistryView => ({
  id: row.id,
  name: row.name,
  url: row.url,
  username: row.username,
  is_default: row.is_default === 1,
  embedded: row.embedded === 1,
  created_at: row.created_at,
});
