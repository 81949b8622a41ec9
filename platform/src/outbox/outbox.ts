import type { Kysely, Transaction } from 'kysely';
import type { Principal } from '../auth/principal.js';
import type { ActionOutcome, ActionRecord } from '../contracts/activity.js';
import { addRowNumber, columnTypes, createTable } from '../database/columns.js';
import { newId } from '../database/ids.js';
import type { Migrations } from '../database/migrate.js';
import { noteCarriedOut, type IdempotencySchema } from '../http/idempotency.js';
import { mask } from '../masking/mask.js';

/**
 * The outbox: an action is written in the transaction of the change it speaks of, and relayed afterwards to
 * monitor-service and history-service. No record, no change.
 */
export interface OutboxTable {
  seq: number | undefined;
  event_id: string;
  record: string;
  created_at: string;
  monitor_at: string | null;
  history_at: string | null;
}
/** What a service's schema must have for its actions to be recorded. */
export interface OutboxSchema {
  outbox: OutboxTable;
}

/** Where a request came from; every action of it carries this. */
export interface Origin {
  readonly principal: Pick<Principal, 'userId' | 'username' | 'tokenId'> | null;
  readonly service: string;
  /** `POST /api/v1/deployments`: the route's pattern. */
  readonly endpoint: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly traceId: string | null;
  /** When the work began: the action's duration is counted from here. */
  readonly startedAt: Date;
  /** Of a request with an `Idempotency-Key`: its row, and the type of the action that carries it out. */
  readonly idempotency?: { readonly id: string; readonly actionType: string };
}
export interface Action {
  /** `<resource>.<verb>`, transitions `deployment.<state>`. */
  readonly type: string;
  readonly targetType?: string;
  /** The bare id or name. */
  readonly target?: string;
  readonly outcome?: ActionOutcome;
  readonly request?: unknown;
  /** The changed fields only. */
  readonly before?: unknown;
  readonly after?: unknown;
  readonly summary?: string;
  /** Who, when the origin has no principal (a refused login names the account that was tried). */
  readonly userId?: string;
}

/** The actions of the platform itself: a runner, a schedule, a reaper. */
export const platformOrigin = (service: string, endpoint: string, traceId: string | null = null): Origin => ({
  principal: { userId: `service:${service}`, username: service, tokenId: null },
  service,
  endpoint,
  ip: null,
  userAgent: null,
  traceId,
  startedAt: new Date(),
});

const RECORDED = new WeakSet<Origin>();
/** Whether anything was recorded for this origin: a request that changed nothing still is an action. */
export const wasRecorded = (origin: Origin): boolean => RECORDED.has(origin);

const LONGEST_TEXT = 10_000;
const LARGEST_PART = 100_000;
/** The books keep what was asked for, not four megabytes of it: a long text is kept by its beginning and its length. */
function bounded(part: unknown): unknown {
  const text = JSON.stringify(part, (_key, value: unknown) =>
    typeof value === 'string' && value.length > LONGEST_TEXT
      ? `${value.slice(0, 200)}… [${value.length} characters]`
      : value,
  );
  return text.length > LARGEST_PART ? `[${text.length} characters]` : (JSON.parse(text) as unknown);
}

/** Masks `action` and writes it with `trx`: the caller's transaction, so both happen or neither. Returns the event id. */
export async function recordAction<Schema extends OutboxSchema>(
  trx: Transaction<Schema> | Kysely<Schema>,
  origin: Origin,
  action: Action,
): Promise<string> {
  const now = new Date();
  const record: ActionRecord = {
    event_id: newId(),
    timestamp: now.toISOString(),
    user_id: (action.userId ?? origin.principal?.username ?? 'anonymous').slice(0, 100),
    token_id: origin.principal?.tokenId ?? null,
    service: origin.service,
    endpoint: origin.endpoint,
    action_type: action.type,
    target_type: action.targetType ?? null,
    target: action.target?.slice(0, 200) ?? null,
    outcome: action.outcome ?? 'succeeded',
    request_data: bounded(mask(action.request ?? null)),
    before: bounded(mask(action.before ?? null)),
    after: bounded(mask(action.after ?? null)),
    response_summary: action.summary === undefined ? null : (mask(action.summary) as string).slice(0, 4000),
    ip_address: origin.ip,
    user_agent: origin.userAgent?.slice(0, 500) ?? null,
    trace_id: origin.traceId,
    duration_ms: now.getTime() - origin.startedAt.getTime(),
  };
  const outbox = trx as unknown as Kysely<OutboxSchema>; // Kysely cannot see through the type parameter
  await outbox
    .insertInto('outbox')
    .values({
      seq: undefined,
      event_id: record.event_id,
      record: JSON.stringify(record),
      created_at: record.timestamp,
      monitor_at: null,
      history_at: null,
    })
    .execute();
  if (origin.idempotency?.actionType === action.type)
    await noteCarriedOut(trx as unknown as Kysely<IdempotencySchema>, origin.idempotency.id, record.target);
  RECORDED.add(origin);
  return record.event_id;
}

export const outboxMigrations: Migrations = {
  '0000-outbox': {
    up: async (db, kind) => {
      const type = columnTypes(kind);
      await addRowNumber(createTable(db, kind, 'outbox'), kind)
        .addColumn('event_id', type.id, (col) => col.notNull().unique())
        .addColumn('record', type.json, (col) => col.notNull())
        .addColumn('created_at', type.instant, (col) => col.notNull())
        .addColumn('monitor_at', type.instant) // NULL: monitor-service has not confirmed it yet
        .addColumn('history_at', type.instant)
        .execute();
      await db.schema.createIndex('outbox_monitor').on('outbox').columns(['monitor_at', 'seq']).execute();
      await db.schema.createIndex('outbox_history').on('outbox').columns(['history_at', 'seq']).execute();
    },
  },
};
