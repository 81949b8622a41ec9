/**
 * Runs operations. What reads runs at once. What changes anything, or hands out a secret, needs `aws:write` and a yes: the
 * first request says what would be done, the second does it.
 *
 * Nothing is done unrecorded: the use of the yes and the intent (`aws.confirm`) are one transaction before AWS is called, the
 * result (`aws.<operation>`) is recorded after it. A crash in between leaves the intent on the books.
 */
import type { Principal } from '@aws-deployer/platform/auth/principal';
import { can } from '@aws-deployer/platform/auth/principal';
import type { AwsResultView, ConfirmationNeededView } from '@aws-deployer/platform/contracts/aws-operations';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { Kysely } from 'kysely';
import type { OperationPage, OperationRow, OperationRunner } from '../ports/aws-operation-runner.js';
import type { CodebuildSchema } from '../schema.js';
import type { Confirmations } from './confirmations.js';
import { needsConfirmation } from './operation.js';
import { consoleUrlOf, recordOf, sentenceOf, targetOf, type Order } from './order.js';
import { openCursor, sealCursor, START, type Position } from './page-cursor.js';
import { withoutKeys } from './request-keys.js';

/** Who asks, from where. */
export interface Asker {
  readonly principal: Principal;
  readonly origin: Origin;
  readonly signal: AbortSignal;
}
export interface Wanted {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly confirm?: string | undefined;
}
export type Outcome =
  | { readonly done: true; readonly view: AwsResultView }
  | { readonly done: false; readonly view: ConfirmationNeededView };
export interface OperationParts {
  readonly database: Database<CodebuildSchema>;
  readonly runner: OperationRunner;
  readonly confirmations: Confirmations;
  readonly box: SecretBox;
}
/** A change that was said yes to runs to its end, also when the client has left. */
const CHANGE_MS = 120_000;
/** Pages of AWS that are looked at for the first row: its filters may leave many of them empty. */
const EMPTY_PAGES = 10;

export class OperationService {
  constructor(private readonly parts: OperationParts) {}

  /** Throws forbidden/`not_permitted` where the operation needs `aws:write`, and as AWS calls do. */
  async run(order: Order, wanted: Wanted, asker: Asker): Promise<Outcome> {
    if (!needsConfirmation(order.operation)) return { done: true, view: await this.read(order, wanted, asker.signal) };
    mustWrite(order, asker.principal);
    const { confirmations } = this.parts;
    const { userId } = asker.principal;
    if (wanted.confirm === undefined) {
      const { token, expiresAt } = await confirmations.ask(order, userId);
      return { done: false, view: confirmationView(order, token, expiresAt) };
    }
    const { confirm } = wanted;
    return {
      done: true,
      view: await this.confirmed(order, asker, (trx) => confirmations.use(trx, confirm, order, userId)),
    };
  }

  async read(order: Order, { limit, cursor }: Wanted, signal: AbortSignal): Promise<AwsResultView> {
    const from = cursor === undefined ? START : openCursor(this.parts.box, order, cursor);
    try {
      const { page, token } = await this.#firstRows(order, from, limit, signal);
      const shown = page.rows.slice(from.skip, from.skip + limit);
      const next = positionAfter(page, { token, skip: from.skip + limit });
      return resultView(order, shown, next === null ? null : sealCursor(this.parts.box, order, next), page.requestId);
    } catch (error) {
      throw withoutKeys(error, order.session);
    }
  }

  /** Does what was said yes to. `useYes` takes the yes out of the world, in the transaction that records the intent. */
  async confirmed(
    order: Order,
    { origin }: Asker,
    useYes: (trx: Kysely<CodebuildSchema>) => Promise<void>,
  ): Promise<AwsResultView> {
    const sentence = sentenceOf(order);
    const action = { targetType: 'aws_resource', target: targetOf(order), request: recordOf(order) };
    await inTransaction(this.parts.database, async (trx) => {
      await useYes(trx);
      await recordAction(trx, origin, { ...action, type: 'aws.confirm', summary: `Said yes to: ${sentence}` });
    });
    const type = `aws.${order.operation.name}`;
    let page: OperationPage;
    try {
      const wanted = { operation: order.operation.name, parameters: order.parameters, limit: 500, token: null };
      page = await this.parts.runner.run(order.session, wanted, AbortSignal.timeout(CHANGE_MS));
    } catch (thrown) {
      const error = withoutKeys(thrown, order.session);
      const summary = `${error instanceof AppError ? `${error.code}: ` : ''}${messageOf(error)}`;
      await recordAction(this.parts.database.db, origin, { ...action, type, outcome: 'failed', summary });
      throw error;
    }
    const summary = `${sentence}: done (AWS request ${page.requestId ?? 'without an id'})`;
    await recordAction(this.parts.database.db, origin, { ...action, type, summary }).catch((cause: unknown) => {
      throw new AppError(
        'unavailable',
        'result_not_recorded',
        `${sentence}: AWS has done it, but the result could not be recorded; look before you ask again`,
        { cause },
      );
    });
    return resultView(order, page.rows, null, page.requestId);
  }

  async #firstRows(
    order: Order,
    from: Position,
    limit: number,
    signal: AbortSignal,
  ): Promise<{ page: OperationPage; token: string | null }> {
    let { token } = from;
    for (let looked = 1; ; looked += 1) {
      const wanted = { operation: order.operation.name, parameters: order.parameters, limit: limit + from.skip, token };
      const page = await this.parts.runner.run(order.session, wanted, signal);
      if (page.rows.length > 0 || page.nextToken === null || looked === EMPTY_PAGES) return { page, token };
      token = page.nextToken;
    }
  }
}

/** What is not shown yet: rows of the same page of AWS, or its next one. */
const positionAfter = (page: OperationPage, within: Position): Position | null =>
  page.rows.length > within.skip ? within : page.nextToken === null ? null : { token: page.nextToken, skip: 0 };

/** Throws forbidden/`not_permitted`. */
export function mustWrite({ operation }: Pick<Order, 'operation'>, principal: Principal): void {
  if (can(principal, 'aws:write')) return;
  throw new AppError(
    'forbidden',
    'not_permitted',
    `${principal.username} lacks the permission aws:write, which ${operation.name} needs as it ${operation.effect === 'reveal' ? 'hands out a secret' : 'changes something'}: ask an admin for a role or a token that has it`,
  );
}

const confirmationView = (order: Order, token: string, expiresAt: string): ConfirmationNeededView => ({
  confirmation_needed: true,
  operation: order.operation.name,
  effect: order.operation.effect,
  region: order.session.region,
  account: order.session.account,
  summary: `${sentenceOf(order)}?`,
  confirm: token,
  expires_at: expiresAt,
});
const resultView = (
  order: Order,
  rows: readonly OperationRow[],
  nextCursor: string | null,
  requestId: string | null,
): AwsResultView => ({
  operation: order.operation.name,
  region: order.session.region,
  account: order.session.account,
  columns: [...order.operation.columns],
  rows: rows.map((row) => ({ ...row })),
  next_cursor: nextCursor,
  aws_console_url: consoleUrlOf(order),
  request_id: requestId,
});
