/** What must be there before an environment can be planned, each with its mend. Asks, and changes nothing. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanSummaryView, PrerequisitesView } from '@aws-deployer/platform/contracts/infra';
import type { Principal } from '@aws-deployer/platform/auth/principal';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { request } from 'undici';
import { findEnvironment, type EnvironmentRow } from '../environments/environment.js';
import type { ModuleFolders } from '../environments/module-folders.js';
import { refuseAccountUse, type CloudIdentity } from '../identity/cloud-identity.js';
import type { InfraSchema } from '../schema.js';
import type { Terraform } from '../terraform/terraform.js';
import type { WorkFolders } from '../terraform/work-folders.js';
import { DEFAULT_REGION } from '../plans/cost-estimate.js';
import type { AccountFacts } from '../ports/account-facts.js';
import {
  check,
  credentialsCheck,
  overlapsInAccount,
  permissionsCheck,
  quotasCheck,
  stateCheck,
  type AskedAccount,
  type Check,
} from './account-checks.js';
import { overlap, parseCidr } from './cidr.js';

export interface PrerequisitesParts {
  readonly database: Database<InfraSchema>;
  readonly terraform: Terraform;
  readonly modules: ModuleFolders;
  readonly folders: WorkFolders;
  readonly identity: CloudIdentity;
  readonly facts: AccountFacts;
  readonly localState: boolean;
  readonly cliConfig: string | undefined;
}

const OLDEST = [1, 10] as const;
const REGISTRY = 'https://registry.terraform.io/.well-known/terraform.json';
const ANSWER_MS = 5_000;
const WITHIN_MS = 60_000;

export class Prerequisites {
  constructor(private readonly parts: PrerequisitesParts) {}

  async of(
    idOrName: string,
    { principal, signal }: { readonly principal: Principal; readonly signal: AbortSignal },
  ): Promise<PrerequisitesView> {
    const environment = await findEnvironment(this.parts.database.db, idOrName);
    refuseAccountUse(principal, environment.account);
    const asker = { userId: principal.userId, signal };
    const [terraform, module, providers, account] = await Promise.all([
      this.#terraform(),
      this.#module(environment),
      this.#providers(environment),
      this.#account(environment, asker),
    ]);
    const checks = [terraform, module, providers, ...account];
    return { ok: checks.every(({ state }) => state !== 'fail'), checks };
  }

  /** What the cloud account tells, and what holds without one. */
  async #account(
    environment: EnvironmentRow,
    { userId, signal: left }: { readonly userId: string; readonly signal: AbortSignal },
  ): Promise<Check[]> {
    const { identity, facts } = this.parts;
    const { account, name } = environment;
    const local = this.parts.localState
      ? check('state', 'ok', 'States lie on this machine, in DATA_DIR')
      : check('state', 'unknown', 'No cloud account is set that a bucket could be looked for with');
    if (account === null)
      return [
        check('credentials', 'unknown', 'No cloud account is set: Terraform gets no credentials'),
        await this.#network(environment, undefined),
        local,
      ];
    const signal = AbortSignal.any([left, AbortSignal.timeout(WITHIN_MS)]);
    try {
      const variables = await identity.variables(account, environment.region, {
        purpose: `the prerequisites of ${name}`,
        actingUser: userId,
        signal,
      });
      const region = environment.region ?? variables['AWS_REGION'] ?? variables['AWS_DEFAULT_REGION'] ?? DEFAULT_REGION;
      const asked = { identity: variables, region, summary: await this.#newestSummary(environment.id), signal };
      const { check: credentials, arn } = await credentialsCheck(facts, asked);
      if (arn === null) return [credentials, await this.#network(environment, undefined), local];
      const { bucket } = JSON.parse(environment.backend) as { bucket?: string };
      return [
        credentials,
        ...(await Promise.all([
          permissionsCheck(facts, arn, asked),
          quotasCheck(facts, asked),
          this.#network(environment, asked),
          this.parts.localState ? local : stateCheck(facts, bucket, asked),
        ])),
      ];
    } catch (error) {
      if (left.aborted || !(error instanceof AppError)) throw error;
      const mend = 'name an account of /api/v1/cloud-accounts that signs in at AWS';
      return [check('credentials', 'fail', error.message, mend), await this.#network(environment, undefined), local];
    }
  }

  async #newestSummary(environmentId: string): Promise<PlanSummaryView | null> {
    const row = await this.parts.database.db
      .selectFrom('infra_runs')
      .select('summary')
      .where('environment_id', '=', environmentId)
      .where('kind', '=', 'plan')
      .where('summary', 'is not', null)
      .orderBy('id', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.summary == null ? null : (JSON.parse(row.summary) as PlanSummaryView);
  }

  async #terraform(): Promise<Check> {
    const mend = `install Terraform ${OLDEST.join('.')} or newer, or name it in TERRAFORM`;
    try {
      const version = await this.parts.terraform.version();
      const [major = 0, minor = 0] = version.split('.').map(Number);
      const ok = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
      return check('terraform', ok ? 'ok' : 'fail', `Terraform ${version}`, ok ? null : mend);
    } catch (error) {
      return check('terraform', 'fail', messageOf(error), mend);
    }
  }

  async #module({ module }: EnvironmentRow): Promise<Check> {
    const ok = (await this.parts.modules.list()).includes(module);
    const message = ok ? `${module} is there` : `${module} is not there any more`;
    return check('module', ok ? 'ok' : 'fail', message, ok ? null : 'put it back, or set another module');
  }

  /** Where providers come from: a mirror on this machine or the public registry. */
  async #providers(environment: EnvironmentRow): Promise<Check> {
    const { cliConfig } = this.parts;
    const name = 'providers';
    if (!(await this.#needsProviders(environment))) return check(name, 'ok', 'The module needs no provider');
    const settings = cliConfig === undefined ? '' : await readFile(cliConfig, 'utf8').catch(() => '');
    const folder = /filesystem_mirror\s*\{[^}]*?path\s*=\s*"([^"]+)"/.exec(settings)?.[1];
    if (folder !== undefined) {
      const found = await readdir(folder).catch(() => undefined);
      return found === undefined || found.length === 0
        ? check(name, 'fail', `The mirror ${folder} is empty or missing`, 'fill it with `terraform providers mirror`')
        : check(name, 'ok', `The mirror ${folder} is there`);
    }
    const url = /network_mirror\s*\{[^}]*?url\s*=\s*"([^"]+)"/.exec(settings)?.[1] ?? REGISTRY;
    try {
      const { statusCode, body } = await request(url, {
        headersTimeout: ANSWER_MS,
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await body.dump();
      return statusCode < 500
        ? check(name, 'ok', `${new URL(url).host} answers`)
        : check(
            name,
            'fail',
            `${new URL(url).host} answers ${statusCode}`,
            'try again later, or use a mirror of providers',
          );
    } catch (error) {
      return check(
        name,
        'fail',
        `${new URL(url).host} does not answer: ${messageOf(error)}`,
        'open the way to it, or name a mirror of providers in the file of TF_CLI_CONFIG_FILE',
      );
    }
  }

  /** By its text, in a copy as a run would use it: a module that is no Terraform at all is told by the plan. */
  async #needsProviders(environment: EnvironmentRow): Promise<boolean> {
    const { modules, folders } = this.parts;
    const copy = await modules.copy(environment.module, folders.modules(environment.id)).catch(() => undefined);
    if (copy === undefined) return false;
    const names = (await readdir(copy.root)).filter((name) => name.endsWith('.tf'));
    const texts = await Promise.all(names.map((name) => readFile(join(copy.root, name), 'utf8')));
    return texts.some((text) => /required_providers|^\s*provider\s+"/m.test(text));
  }

  /** Ranges of other environments: those that overlap can never be connected. */
  async #network(environment: EnvironmentRow, asked: AskedAccount | undefined): Promise<Check> {
    const others = await this.parts.database.db
      .selectFrom('infra_environments')
      .select(['name', 'variables'])
      .where('id', '!=', environment.id)
      .execute();
    const own = rangesOf(environment.variables);
    const clashes = others.flatMap((other) =>
      rangesOf(other.variables).flatMap(({ text, range }) =>
        own.filter((mine) => overlap(mine.range, range)).map((mine) => `${mine.text} and ${text} of ${other.name}`),
      ),
    );
    // Once it is applied, its own VPC is among those of the account.
    if (asked !== undefined && own.length > 0 && environment.status === 'empty') {
      const ranges = own.map(({ text }) => text);
      try {
        clashes.push(...(await overlapsInAccount(this.parts.facts, ranges, asked)));
      } catch (error) {
        return check('network', 'unknown', messageOf(error), 'allow ec2:DescribeVpcs');
      }
    }
    if (clashes.length > 0)
      return check('network', 'fail', `Overlapping: ${clashes.join('; ')}`, 'give each environment a range of its own');
    return own.length === 0
      ? check('network', 'unknown', 'No range is set among the variables')
      : check('network', 'ok', 'No range overlaps that of another environment');
  }
}

/** Variables that are named as ranges of a network of their own; those that only name callers may repeat. */
function rangesOf(variables: string): { text: string; range: NonNullable<ReturnType<typeof parseCidr>> }[] {
  return Object.entries(JSON.parse(variables) as Record<string, unknown>).flatMap(([name, value]) => {
    if (!/(vpc|network).*cidr|^cidr/i.test(name) || typeof value !== 'string') return [];
    const range = parseCidr(value);
    return range === undefined ? [] : [{ text: value, range }];
  });
}
