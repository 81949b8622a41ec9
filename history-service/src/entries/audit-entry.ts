import { createHash } from 'node:crypto';
import type { ActionRecord } from '@aws-deployer/platform/contracts/activity';
import type { AuditItem } from '@aws-deployer/platform/contracts/history';
import type { AuditLogTable } from '../schema.js';
import { canonicalJson } from './canonical-json.js';

/**
 * One link of the chain. `hash` is the SHA-256 of the canonical JSON (RFC 8785) of the item as `GET /api/v1/history`
 * shows it, `hash` left out: anyone can recompute it from an export.
 */
export const GENESIS = '0'.repeat(64);
export type ChainRow = AuditLogTable;
export interface Link {
  readonly seq: number;
  readonly hash: string;
}
const SEARCH_LENGTH = 4_000;

/** The row of an action after `previous`. Text is made well formed first: a database would replace half a character. */
export function nextRow(action: ActionRecord, previous: Link, sealOf: (hash: string) => string): ChainRow {
  const fields = {
    seq: previous.seq + 1,
    event_id: text(action.event_id, 100),
    timestamp: new Date(action.timestamp).toISOString(),
    user_id: text(action.user_id, 100),
    token_id: optional(action.token_id, 64),
    service: text(action.service, 100),
    endpoint: text(action.endpoint, 300),
    action_type: text(action.action_type, 100),
    target_type: optional(action.target_type, 100),
    target: optional(action.target, 200),
    outcome: action.outcome,
    request_data: canonicalJson(action.request_data ?? null),
    before_change: canonicalJson(action.before ?? null),
    after_change: canonicalJson(action.after ?? null),
    response_summary: optional(action.response_summary, 10_000),
    ip_address: optional(action.ip_address, 64),
    user_agent: optional(action.user_agent, 500),
    trace_id: optional(action.trace_id, 64),
    duration_ms: action.duration_ms === null ? null : Math.round(action.duration_ms),
    previous_hash: previous.hash,
  };
  const hash = hashOf(fields);
  return { ...fields, hash, seal: sealOf(hash), search_text: searchTextOf(fields) };
}

type Hashed = Omit<ChainRow, 'hash' | 'seal' | 'search_text'>;

/** The stored JSON texts go in as they are: a blank more in one of them changes the hash. */
export function hashOf(row: Hashed): string {
  const members: [string, string][] = [
    ['action_type', JSON.stringify(row.action_type)],
    ['after', row.after_change],
    ['before', row.before_change],
    ['duration_ms', JSON.stringify(row.duration_ms)],
    ['endpoint', JSON.stringify(row.endpoint)],
    ['event_id', JSON.stringify(row.event_id)],
    ['ip_address', JSON.stringify(row.ip_address)],
    ['outcome', JSON.stringify(row.outcome)],
    ['previous_hash', JSON.stringify(row.previous_hash)],
    ['request_data', row.request_data],
    ['response_summary', JSON.stringify(row.response_summary)],
    ['seq', JSON.stringify(row.seq)],
    ['service', JSON.stringify(row.service)],
    ['target', JSON.stringify(row.target)],
    ['target_type', JSON.stringify(row.target_type)],
    ['timestamp', JSON.stringify(row.timestamp)],
    ['token_id', JSON.stringify(row.token_id)],
    ['trace_id', JSON.stringify(row.trace_id)],
    ['user_agent', JSON.stringify(row.user_agent)],
    ['user_id', JSON.stringify(row.user_id)],
  ];
  return createHash('sha256')
    .update(`{${members.map(([name, json]) => `"${name}":${json}`).join(',')}}`)
    .digest('hex');
}

/** Lower case and clipped: one column that `q` looks through. */
export const searchTextOf = (row: Hashed): string =>
  [
    row.user_id,
    row.action_type,
    row.target_type,
    row.target,
    row.outcome,
    row.service,
    row.endpoint,
    row.response_summary,
    row.ip_address,
    row.trace_id,
    row.event_id,
    row.user_agent,
    row.request_data,
    row.before_change,
    row.after_change,
  ]
    .filter((part) => part !== null && part !== 'null')
    .join('\n')
    .toLowerCase()
    .slice(0, SEARCH_LENGTH)
    .toWellFormed();

export const toAuditItem = (row: ChainRow): AuditItem => ({
  seq: row.seq,
  event_id: row.event_id,
  timestamp: row.timestamp,
  user_id: row.user_id,
  token_id: row.token_id,
  service: row.service,
  endpoint: row.endpoint,
  action_type: row.action_type,
  target_type: row.target_type,
  target: row.target,
  outcome: row.outcome as AuditItem['outcome'],
  request_data: shownJson(row.request_data),
  before: shownJson(row.before_change),
  after: shownJson(row.after_change),
  response_summary: row.response_summary,
  ip_address: row.ip_address,
  user_agent: row.user_agent,
  trace_id: row.trace_id,
  duration_ms: row.duration_ms,
  previous_hash: row.previous_hash,
  hash: row.hash,
});

/** A row that somebody changed by hand must still be shown, so text that is no longer JSON is shown as text. */
function shownJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return json;
  }
}

const text = (value: string, length: number): string => value.slice(0, length).toWellFormed();
const optional = (value: string | null, length: number): string | null => (value === null ? null : text(value, length));
