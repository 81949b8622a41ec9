/** What was known of a deployment before it changed anything: queries only. Whoever works on it writes it again, alike. */
import { DiffView, PreflightView, type CheckView } from '@aws-deployer/platform/contracts/preflight';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import type { Kysely, Transaction } from 'kysely';
import { z } from 'zod';
import type { Manifest } from '../ports/cluster.js';
import type { DeployerSchema } from '../schema.js';

type Db = Kysely<DeployerSchema> | Transaction<DeployerSchema>;
const Report = PreflightView.omit({ diff: true });
const Adopted = z.array(z.custom<Manifest>());

export async function keepPreflight(db: Db, deploymentId: string, view: PreflightView, at: string): Promise<void> {
  const { diff, ...report } = view;
  const columns = { report: JSON.stringify(report), diff: diff === null ? null : JSON.stringify(diff) };
  const row = { deployment_id: deploymentId, ...columns, adopted: null, created_at: at };
  if (await insertedIfAbsent(db.insertInto('deployment_preflights').values(row))) return;
  await db.updateTable('deployment_preflights').set(columns).where('deployment_id', '=', deploymentId).execute();
}

/** Undefined: it got not that far, or began before there were preflights. */
export async function preflightOfDeployment(db: Db, deploymentId: string): Promise<PreflightView | undefined> {
  const row = await rowOf(db, deploymentId);
  if (row === undefined) return undefined;
  const diff = row.diff === null ? null : DiffView.parse(JSON.parse(row.diff));
  return { ...Report.parse(JSON.parse(row.report)), diff };
}

/** Puts what is known better now in the place of what was told under the same names; answers all warnings as they are then. */
export async function amendPreflight(
  db: Db,
  deploymentId: string,
  checks: readonly CheckView[],
): Promise<readonly CheckView[]> {
  const row = await rowOf(db, deploymentId);
  if (row === undefined) return warningsOf({ checks: [...checks] });
  const report = Report.parse(JSON.parse(row.report));
  const names = new Set(checks.map(({ name }) => name));
  const all = [...report.checks.filter(({ name }) => !names.has(name)), ...checks];
  const amended = JSON.stringify({ ...report, ok: all.every(({ state }) => state !== 'fail'), checks: all });
  await db
    .updateTable('deployment_preflights')
    .set({ report: amended })
    .where('deployment_id', '=', deploymentId)
    .execute();
  return warningsOf({ checks: all });
}

/** The last word on what it changes, told just before it changes it. */
export async function keepDiff(db: Db, deploymentId: string, diff: DiffView): Promise<void> {
  await db
    .updateTable('deployment_preflights')
    .set({ diff: JSON.stringify(diff) })
    .where('deployment_id', '=', deploymentId)
    .execute();
}

/** The first copy counts: later the objects are ours. */
export async function keepAdopted(db: Db, deploymentId: string, objects: readonly Manifest[]): Promise<void> {
  await db
    .updateTable('deployment_preflights')
    .set({ adopted: JSON.stringify(objects) })
    .where('deployment_id', '=', deploymentId)
    .where('adopted', 'is', null)
    .execute();
}

export async function adoptedBy(db: Db, deploymentId: string): Promise<readonly Manifest[]> {
  const row = await rowOf(db, deploymentId);
  return row?.adopted ? Adopted.parse(JSON.parse(row.adopted)) : [];
}

const rowOf = (db: Db, deploymentId: string) =>
  db.selectFrom('deployment_preflights').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst();

export const warningsOf = ({ checks }: Pick<PreflightView, 'checks'>): readonly CheckView[] =>
  checks.filter(({ state }) => state === 'warn');
