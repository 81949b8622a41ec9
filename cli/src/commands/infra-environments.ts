/** `infra …`: environments of infrastructure, what they are made of, and what a plan of them needs. */
import {
  InfraEnvironmentView,
  InfraModulesView,
  InfraVersionView,
  PrerequisitesView,
  type CreateInfraEnvironmentBody,
} from '@aws-deployer/platform/contracts/infra';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import type { z } from 'zod';
import { agreedByName } from '../confirmation.js';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import { readFields, readText, type Fields } from '../input-file.js';
import { pairsOf } from '../pairs.js';
import type { Context } from '../program.js';
import { typedValue } from '../typed-value.js';

const PATH = '/api/v1/infra/environments';
export const environmentPath = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

export interface EnvironmentOptions {
  readonly from?: string;
  readonly module?: string;
  readonly description?: string;
  readonly account?: string;
  readonly region?: string;
  readonly var?: readonly string[];
  readonly secretFile?: readonly string[];
  readonly unset?: readonly string[];
  readonly backend?: readonly string[];
  readonly driftMinutes?: number;
}
type Variables = NonNullable<z.input<typeof CreateInfraEnvironmentBody>['variables']>;

export async function list({ api, terminal, json }: Context): Promise<void> {
  const { items } = await api.get(`${PATH}?limit=500`, pageOf(InfraEnvironmentView));
  if (json) return terminal.json(items);
  if (items.length === 0)
    return terminal.note('There is no environment yet: make one with deployer infra create NAME --module MODULE');
  terminal.table(
    ['ENVIRONMENT', 'MODULE', 'ACCOUNT', 'REGION', 'STATUS', 'VERSION', 'DRIFT', 'RUN'],
    items.map((one) => [
      one.name,
      one.module,
      one.account ?? '-',
      one.region ?? '-',
      one.status,
      one.current_version === null ? '-' : String(one.current_version),
      one.status === 'empty' ? '-' : one.drift.status,
      one.active_run ?? '-',
    ]),
  );
}

export async function show({ api, terminal, json }: Context, name: string): Promise<void> {
  const one = await api.get(environmentPath(name), InfraEnvironmentView);
  if (json) return terminal.json(one);
  terminal.print(`${one.name} ${terminal.style(one.status === 'incomplete' ? 'red' : 'bold', one.status)}`);
  if (one.description !== '') terminal.print(`  ${one.description}`);
  terminal.print(`  module   ${one.module}`);
  terminal.print(`  account  ${one.account ?? 'none'}`);
  terminal.print(`  region   ${one.region ?? 'the module’s own'}`);
  terminal.print(`  version  ${one.current_version === null ? 'nothing applied' : String(one.current_version)}`);
  terminal.print(
    `  drift    ${one.drift.status}${one.drift.checked_at === null ? '' : `, checked ${one.drift.checked_at}`}`,
  );
  if (one.active_run !== null) terminal.print(`  running  ${one.active_run}`);
  for (const [variable, { value, sensitive }] of Object.entries(one.variables))
    terminal.print(`  var ${variable} = ${sensitive ? '(sensitive)' : JSON.stringify(value)}`);
  for (const [setting, value] of Object.entries(one.backend)) terminal.print(`  backend ${setting} = ${value}`);
}

export async function create(context: Context, name: string, options: EnvironmentOptions): Promise<void> {
  const { api, terminal, json } = context;
  const fields = options.from === undefined ? {} : await readFields(options.from, 'environment');
  const variables = await changedVariables(context, (fields['variables'] ?? {}) as Variables, options);
  const body = { ...fields, ...settingsOf(options, fields), name, variables };
  const made = await api.post(PATH, body, InfraEnvironmentView);
  if (json) return terminal.json(made);
  terminal.print(`${made.name} made of ${made.module}`);
  terminal.note(`nothing is there yet: deployer infra plan ${made.name} --watch`);
}

/** What is not named stays: so do the sensitive variables, whose values nobody is shown. */
export async function update(context: Context, name: string, options: EnvironmentOptions): Promise<void> {
  const { api, terminal, json } = context;
  const fields = options.from === undefined ? {} : await readFields(options.from, 'environment');
  const before = await api.get(environmentPath(name), InfraEnvironmentView);
  const kept = Object.fromEntries(
    Object.entries(before.variables).map(([variable, { value, sensitive }]) => [
      variable,
      sensitive ? { sensitive } : { value, sensitive },
    ]),
  );
  const variables = await changedVariables(context, (fields['variables'] ?? kept) as Variables, options);
  const { name: _name, ...rest } = fields;
  const body = { ...rest, ...settingsOf(options, { backend: before.backend, ...rest }), variables };
  const changed = await api.patch(environmentPath(name), body, InfraEnvironmentView);
  if (json) return terminal.json(changed);
  terminal.print(`${changed.name} changed; plans of before can no longer be applied`);
}

export async function remove(
  { api, terminal }: Context,
  name: string,
  { yes }: { readonly yes?: boolean },
): Promise<ExitCode> {
  const words = `The platform forgets the environment ${name}, with its variables and versions.`;
  if (!(await agreedByName(terminal, words, name, yes))) return EXIT.cancelled;
  await api.delete(environmentPath(name));
  terminal.note(`${name} is deleted`);
  return EXIT.ok;
}

/** All by their names, or one with the variables that it declares. */
export async function modules({ api, terminal, json }: Context, name: string | undefined): Promise<void> {
  const { items } = await api.get('/api/v1/infra/modules', InfraModulesView);
  if (name === undefined) {
    if (json) return terminal.json(items);
    for (const one of items) terminal.print(one.name);
    return;
  }
  const module = items.find((one) => one.name === name);
  if (module === undefined)
    throw new Failure(EXIT.error, `There is no module ${name}`, ['see what there is with: deployer infra modules']);
  if (json) return terminal.json(module);
  if (module.variables === null) return terminal.note(`What ${name} declares can only be read by Terraform itself`);
  if (module.variables.length === 0) return terminal.note(`${name} has no variables`);
  terminal.table(
    ['VARIABLE', 'TYPE', 'DEFAULT', 'DESCRIPTION'],
    module.variables.map((one) => [
      one.name,
      `${oneLine(one.type)}${one.sensitive ? ', sensitive' : ''}`,
      one.default_text === null ? 'needed' : oneLine(one.default_text),
      oneLine(one.description),
    ]),
  );
}
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

export async function check({ api, terminal, json }: Context, name: string): Promise<ExitCode> {
  const found = await api.get(`${environmentPath(name)}/prerequisites`, PrerequisitesView);
  if (json) terminal.json(found);
  for (const { name: what, state, message, mend, details } of json ? [] : found.checks) {
    const colour = state === 'ok' ? 'green' : state === 'fail' ? 'red' : state === 'warn' ? 'yellow' : 'dim';
    terminal.print(`${terminal.style(colour, state.padEnd(7))} ${what}: ${message}`);
    for (const detail of details.filter((one) => one.state === 'fail' || one.state === 'warn'))
      terminal.print(`          ${detail.state} ${detail.name}: ${detail.message}`);
    if (mend !== null && state !== 'ok') terminal.print(`        mend: ${mend}`);
  }
  return found.ok ? EXIT.ok : EXIT.error;
}

export async function versions({ api, terminal, json }: Context, name: string): Promise<void> {
  const { items } = await api.get(`${environmentPath(name)}/versions?limit=100`, pageOf(InfraVersionView));
  if (json) return terminal.json(items);
  if (items.length === 0) return terminal.note(`Nothing of ${name} was applied yet`);
  terminal.table(
    ['#', 'MODULE', 'HASH', 'DESTROYED', 'BY', 'AT'],
    items.map((one) => [
      String(one.number),
      one.module,
      one.module_hash.slice(0, 10),
      one.destroyed ? 'all' : '',
      one.created_by,
      one.created_at,
    ]),
  );
}

function settingsOf(options: EnvironmentOptions, before: Fields): Fields {
  const { module, description, account, region, driftMinutes } = options;
  const backend = pairsOf('--backend', options.backend);
  return {
    ...(module === undefined ? {} : { module }),
    ...(description === undefined ? {} : { description }),
    ...(account === undefined ? {} : { account: account === '' ? null : account }),
    ...(region === undefined ? {} : { region: region === '' ? null : region }),
    ...(driftMinutes === undefined ? {} : { drift_minutes: driftMinutes === 0 ? null : driftMinutes }),
    ...(options.backend === undefined ? {} : { backend: { ...(before['backend'] as Fields | undefined), ...backend } }),
  };
}

/** A secret comes from a file or standard input: a command line is for everybody on the machine to read. */
async function changedVariables(
  { terminal }: Context,
  before: Variables,
  options: EnvironmentOptions,
): Promise<Variables> {
  const next: Record<string, Variables[string]> = { ...before };
  for (const name of options.unset ?? []) delete next[name];
  for (const [name, text] of Object.entries(pairsOf('--var', options.var))) {
    if (next[name]?.sensitive === true)
      throw new Failure(EXIT.usage, `${name} is sensitive: give it with --secret-file ${name}=FILE`);
    next[name] = { value: typedValue(text) as NonNullable<Variables[string]['value']>, sensitive: false };
  }
  for (const [name, file] of Object.entries(pairsOf('--secret-file', options.secretFile)))
    next[name] = {
      value: file === '-' ? await terminal.firstLine() : (await readText(file)).replace(/\r?\n$/, ''),
      sensitive: true,
    };
  return next;
}
