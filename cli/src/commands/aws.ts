/** `aws …` and `ask`: one operation of the catalogue, by name or in words. What changes anything is asked about first. */
import {
  AskView,
  AwsOperationView,
  AwsResultView,
  ConfirmationNeededView,
  ConfirmView,
} from '@aws-deployer/platform/contracts/aws-operations';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { z } from 'zod';
import { agreed } from '../confirmation.js';
import { EXIT, type ExitCode } from '../failure.js';
import { pairsOf } from '../pairs.js';
import type { Context } from '../program.js';
import { typedValue } from '../typed-value.js';

const PATH = '/api/v1/aws/operations';
const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

export interface PlaceOptions {
  readonly account?: string;
  readonly region?: string;
  readonly yes?: boolean;
}
export interface RunOptions extends PlaceOptions {
  readonly param?: readonly string[];
  readonly limit?: number;
  readonly cursor?: string;
}

export async function list(
  { api, terminal, json }: Context,
  { service }: { readonly service?: string },
): Promise<void> {
  const query = service === undefined ? '' : `&service=${encodeURIComponent(service)}`;
  const { items } = await api.get(`${PATH}?limit=500${query}`, pageOf(AwsOperationView));
  if (json) return terminal.json(items);
  terminal.table(
    ['OPERATION', 'EFFECT', 'WHAT IT DOES'],
    items.map((one) => [one.name, one.effect, one.title]),
  );
}

export async function describe({ api, terminal }: Context, name: string): Promise<void> {
  terminal.json(await api.get(pathOf(name), AwsOperationView));
}

export async function runOperation(context: Context, name: string, options: RunOptions): Promise<ExitCode> {
  const { api, terminal } = context;
  const body = {
    ...placeOf(options),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
    parameters: Object.fromEntries(
      Object.entries(pairsOf('--param', options.param)).map(([key, value]) => [key, typedValue(value)]),
    ),
  };
  const Answer = z.union([ConfirmationNeededView, AwsResultView]);
  const first = await api.post(`${pathOf(name)}/run`, body, Answer);
  if (!('confirmation_needed' in first)) return printResult(context, first);
  if (!(await agreed(terminal, first.summary, options.yes))) return EXIT.cancelled;
  return printResult(
    context,
    await api.post(`${pathOf(name)}/run`, { ...body, confirm: first.confirm }, AwsResultView),
  );
}

export async function ask(context: Context, words: readonly string[], options: PlaceOptions): Promise<ExitCode> {
  const { api, terminal, json } = context;
  const query = words.join(' ');
  const asked = await api.post('/api/ask', { query, ...placeOf(options) }, AskView);
  if (asked.operation === null) {
    if (json) terminal.json(asked);
    else {
      terminal.note(asked.summary);
      terminal.table(
        ['OPERATION', 'WHAT IT DOES'],
        asked.candidates.map((one) => [one.operation, one.title]),
      );
    }
    return EXIT.error;
  }
  terminal.note(terminal.style('dim', `${asked.operation}: ${asked.summary}`, 'stderr'));
  if (!asked.confirmation_needed) {
    if (asked.output !== null) return printResult(context, asked.output);
    if (json) terminal.json(asked);
    return EXIT.ok;
  }
  const decision = await agreed(terminal, asked.summary, options.yes);
  const confirmed = await api.post('/api/confirm', { query, decision }, ConfirmView);
  if (!decision) return EXIT.cancelled;
  return confirmed.output === null ? EXIT.ok : printResult(context, confirmed.output);
}

const placeOf = ({ account, region }: PlaceOptions) => ({
  ...(account === undefined ? {} : { account }),
  ...(region === undefined ? {} : { region }),
});

function printResult({ terminal, json }: Context, result: AwsResultView): ExitCode {
  if (json) terminal.json(result);
  else if (result.rows.length === 0) terminal.note('Nothing was found');
  else {
    const shown = (value: unknown): string =>
      value === null || value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value);
    terminal.table(
      result.columns,
      result.rows.map((row) => result.columns.map((column) => shown(row[column]))),
    );
  }
  if (!json && result.next_cursor !== null) terminal.note(`there is more: --cursor ${result.next_cursor}`);
  return EXIT.ok;
}
