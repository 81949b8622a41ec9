/**
 * Asking AWS in words. What reads is run at once; what changes anything, or reveals a secret, waits for a yes to the same
 * words by the same person. On a doubt nothing is run, and what comes nearest is shown.
 */
import type { AskBody, AskView, ConfirmBody, ConfirmView } from '@aws-deployer/platform/contracts/aws-operations';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { recordAction } from '@aws-deployer/platform/outbox/outbox';
import type { z } from 'zod';
import type { AccountAccess } from '../ports/account-access.js';
import type { CodebuildSchema } from '../schema.js';
import { awsSession } from './aws-sessions.js';
import type { Confirmations } from './confirmations.js';
import { needsConfirmation } from './operation.js';
import { knownOperation } from './operation-list.js';
import { mustWrite, type Asker, type OperationService } from './operation-service.js';
import { recordOf, sentenceOf, targetOf, type Order } from './order.js';
import { checkedParameters } from './parameter-check.js';
import type { Candidate } from './matching/match.js';
import { candidateView, type Understanding, type Understood } from './understanding.js';

const ROWS_SHOWN = 100;
export interface AskParts {
  readonly database: Database<CodebuildSchema>;
  readonly operations: OperationService;
  readonly confirmations: Confirmations;
  readonly accounts: AccountAccess;
  readonly understanding: Understanding;
}

export class AskService {
  constructor(private readonly parts: AskParts) {}

  async ask({ query, account, region }: z.output<typeof AskBody>, asker: Asker): Promise<AskView> {
    const { operations, confirmations, accounts, understanding } = this.parts;
    const understood = await understanding.of(query, asker.signal);
    const view = unanswered(query, understood);
    const { chosen } = understood;
    if (chosen === null || chosen.missing.length > 0) return view;

    const { operation } = chosen;
    const parameters = checkedParameters(operation, chosen.parameters);
    if (needsConfirmation(operation)) mustWrite({ operation }, asker.principal);
    const session = await awsSession(accounts, account, region ?? understood.region ?? undefined);
    const order: Order = { operation, parameters, session };
    if (!needsConfirmation(operation)) {
      const output = await operations.read(order, { limit: ROWS_SHOWN }, asker.signal);
      const count = `${output.rows.length}${output.next_cursor === null ? '' : ' or more'}`;
      const summary = `${operation.title}, in ${session.region}: ${count} ${output.rows.length === 1 ? 'row' : 'rows'}`;
      return { ...view, parameters, summary, output };
    }
    const asked = { operation: operation.name, account: session.account, region: session.region, parameters };
    const expires_at = await confirmations.askInWords(query, asked, asker.principal.userId);
    return { ...view, parameters, confirmation_needed: true, summary: `${sentenceOf(order)}?`, expires_at };
  }

  async confirm({ query, decision }: z.output<typeof ConfirmBody>, asker: Asker): Promise<ConfirmView> {
    const { operations, confirmations, accounts, database } = this.parts;
    const { id, asked } = await confirmations.inWords(query, asker.principal.userId);
    const operation = knownOperation(asked.operation);
    const parameters = checkedParameters(operation, asked.parameters);
    const session = await awsSession(accounts, asked.account ?? undefined, asked.region);
    const order: Order = { operation, parameters, session };
    const answer = { success: true, query, operation: operation.name };
    if (!isYes(decision)) {
      await inTransaction(database, async (trx) => {
        await confirmations.useInWords(trx, id);
        await recordAction(trx, asker.origin, {
          type: 'aws.cancel',
          targetType: 'aws_resource',
          target: targetOf(order),
          request: recordOf(order),
          summary: `Said no to: ${sentenceOf(order)}`,
        });
      });
      return { ...answer, decision: 'cancelled', summary: `Nothing was done: ${sentenceOf(order)}`, output: null };
    }
    const output = await operations.confirmed(order, asker, (trx) => confirmations.useInWords(trx, id));
    return { ...answer, decision: 'confirmed', summary: `${sentenceOf(order)}: done`, output };
  }
}

const isYes = (decision: z.output<typeof ConfirmBody>['decision']): boolean =>
  decision === true || decision === 'yes' || decision === 'confirm' || decision === 'approve';

function unanswered(query: string, { by, chosen, candidates }: Understood): AskView {
  return {
    confirmation_needed: false,
    query,
    operation: chosen?.operation.name ?? null,
    parameters: { ...chosen?.parameters },
    candidates: candidates.map(candidateView),
    understood_by: by,
    summary:
      chosen === null ? unclear(candidates) : `${chosen.operation.title}: say also ${chosen.missing.join(' and ')}`,
    expires_at: null,
    output: null,
  };
}
const unclear = (candidates: readonly Candidate[]): string => {
  const titles = candidates
    .slice(0, 3)
    .map(({ operation }) => operation.title.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase()));
  return titles.length === 0
    ? 'No operation fits these words; nothing was run'
    : `It is not clear which operation is meant; nothing was run. The nearest: ${titles.join(', ')}`;
};
