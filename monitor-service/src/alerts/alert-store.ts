import type { AlertmanagerAlert, AlertmanagerView } from '@aws-deployer/platform/contracts/alerts';
import { newId } from '@aws-deployer/platform/database/ids';
import { inTransaction, isDuplicate, type Database } from '@aws-deployer/platform/database/open-database';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { Transaction } from 'kysely';
import type { MonitorSchema } from '../schema.js';
import { changeOf, toldAlert, type AlertChange, type AlertRow, type ToldAlert } from './alert.js';

const TRIES = 5;

/** Writes what Alertmanager tells. Telling the same twice, also at once to two replicas, changes nothing the second time. */
export class AlertStore {
  constructor(
    private readonly database: Database<MonitorSchema>,
    private readonly clock: Clock,
  ) {}

  async take(alerts: readonly AlertmanagerAlert[], origin: Origin): Promise<AlertmanagerView> {
    const counts = { opened: 0, updated: 0, resolved: 0, unchanged: 0 };
    for (const alert of alerts) counts[await this.#takeOne(toldAlert(alert), origin)] += 1;
    return counts;
  }

  async #takeOne(told: ToldAlert, origin: Origin): Promise<AlertChange['kind']> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await inTransaction(this.database, async (trx) => {
          const change = changeOf(await this.#last(trx, told.fingerprint), told);
          if (change.kind !== 'unchanged') await this.#write(trx, change, origin);
          return change.kind;
        });
      } catch (error) {
        if (!isDuplicate(error) || attempt >= TRIES) throw error; // another replica was told the same: look again
      }
    }
  }

  #last(trx: Transaction<MonitorSchema>, fingerprint: string): Promise<AlertRow | undefined> {
    const query = trx
      .selectFrom('alerts')
      .selectAll()
      .where('fingerprint', '=', fingerprint)
      .orderBy('timestamp', 'desc')
      .limit(1);
    return (this.database.kind === 'mysql' ? query.forUpdate() : query).executeTakeFirst();
  }

  async #write(
    trx: Transaction<MonitorSchema>,
    { kind, row, of }: Exclude<AlertChange, { kind: 'unchanged' }>,
    origin: Origin,
  ): Promise<void> {
    const written = { ...row, updated_at: instant(this.clock.now()) };
    const id = of?.id ?? newId();
    if (of === undefined)
      await trx
        .insertInto('alerts')
        .values({ ...written, id })
        .execute();
    else await trx.updateTable('alerts').set(written).where('id', '=', id).execute();
    if (kind === 'updated') return; // other words, the same trouble
    await recordAction(trx, origin, {
      type: kind === 'opened' ? 'alert.fire' : 'alert.resolve',
      targetType: 'alert',
      target: id,
      request: { name: row.name, severity: row.severity, service: row.service, namespace: row.namespace },
      ...(row.summary === null ? {} : { summary: row.summary }),
    });
  }
}
