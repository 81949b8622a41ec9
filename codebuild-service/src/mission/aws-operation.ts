/**
 * The mission's `POST /aws-operation`: one operation of the catalogue by any of its names, its parameters beside it, and
 * keys that are used for this request and kept nowhere. Without keys the named account is asked, or the default one.
 */
import type {
  ConfirmationNeededView,
  MissionAwsOperationBody,
  MissionAwsOperationView,
} from '@aws-deployer/platform/contracts/aws-operations';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { z } from 'zod';
import { awsSession } from '../aws-operations/aws-sessions.js';
import { operationCalled } from '../aws-operations/operation-names.js';
import type { Asker, OperationService } from '../aws-operations/operation-service.js';
import { checkedParameters } from '../aws-operations/parameter-check.js';
import type { AccountAccess } from '../ports/account-access.js';
import type { AwsSession } from '../ports/aws-session.js';
import { parametersFrom } from './aws-operation-parameters.js';

/** Where AWS itself begins: for keys that come with no region, while the default account is this machine. */
const FIRST_REGION = 'us-east-1';
export type MissionOutcome =
  | { readonly done: true; readonly view: MissionAwsOperationView }
  | { readonly done: false; readonly view: ConfirmationNeededView };

export class MissionAwsOperation {
  constructor(
    private readonly operations: OperationService,
    private readonly accounts: AccountAccess,
  ) {}

  async run(body: z.output<typeof MissionAwsOperationBody>, asker: Asker): Promise<MissionOutcome> {
    const {
      operation: called,
      region,
      account,
      access_key,
      secret_key,
      session_token,
      limit,
      cursor,
      confirm,
      ...fields
    } = body;
    const operation = operationCalled(called);
    const parameters = checkedParameters(operation, parametersFrom(fields, operation));
    const keys = keysOf(access_key, secret_key, session_token);
    const session: AwsSession =
      keys === null
        ? await awsSession(this.accounts, account, region)
        : { account: null, region: region ?? (await this.#defaultRegion()), credential: keys };
    const outcome = await this.operations.run({ operation, parameters, session }, { limit, cursor, confirm }, asker);
    if (!outcome.done) return outcome;
    const { rows, ...result } = outcome.view;
    return { done: true, view: { success: true, ...result, result: rows } };
  }

  async #defaultRegion(): Promise<string> {
    const { engine, regions } = await this.accounts.facts(undefined);
    return engine === 'local' ? FIRST_REGION : (regions[0] ?? FIRST_REGION);
  }
}

/** Throws invalid on the half that is missing. */
function keysOf(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  sessionToken: string | undefined,
): (AwsSession['credential'] & { type: 'keys' }) | null {
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined) return null;
  if (accessKeyId === undefined)
    throw invalidField('access_key', 'is missing', 'send it together with secret_key, or neither');
  if (secretAccessKey === undefined)
    throw invalidField('secret_key', 'is missing', 'send it together with access_key, or neither');
  return { type: 'keys', accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}
