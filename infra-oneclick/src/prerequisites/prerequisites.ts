/** What must be there before an environment can be planned, each with its mend. Asks, and changes nothing. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PrerequisitesView } from '@aws-deployer/platform/contracts/infra';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { request } from 'undici';
import { findEnvironment, type EnvironmentRow } from '../environments/environment.js';
import type { ModuleFolders } from '../environments/module-folders.js';
import type { CloudIdentity } from '../identity/cloud-identity.js';
import type { InfraSchema } from '../schema.js';
import type { Terraform } from '../terraform/terraform.js';
import type { WorkFolders } from '../terraform/work-folders.js';
import { overlap, parseCidr } from './cidr.js';

export interface PrerequisitesParts {
  readonly database: Database<InfraSchema>;
  readonly terraform: Terraform;
  readonly modules: ModuleFolders;
  readonly folders: WorkFolders;
  readonly identity: CloudIdentity;
  readonly cliConfig: string | undefined;
}
type Check = PrerequisitesView['checks'][number];

const OLDEST = [1, 10] as const;
const REGISTRY = 'https://registry.terraform.io/.well-known/terraform.json';
const ANSWER_MS = 5_000;

export class Prerequisites {
  constructor(private readonly parts: PrerequisitesParts) {}

  async of(idOrName: string): Promise<PrerequisitesView> {
    const environment = await findEnvironment(this.parts.database.db, idOrName);
    const checks = await Promise.all([
      this.#terraform(),
      this.#module(environment),
      this.#providers(environment),
      this.#credentials(environment),
      this.#network(environment),
    ]);
    return { ok: checks.every(({ state }) => state !== 'fail'), checks };
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

  async #credentials({ account, region }: EnvironmentRow): Promise<Check> {
    const name = 'credentials';
    if (account === null) return check(name, 'unknown', 'No cloud account is set: Terraform gets no credentials');
    const variables = Object.keys(this.parts.identity.variables(account, region));
    const found = variables.filter((variable) => /KEY_ID|PROFILE|ROLE_ARN|CONTAINER_CREDENTIALS/.test(variable));
    return found.length > 0
      ? check(name, 'ok', `The service has an identity (${found.join(', ')}); the plan shows whether AWS takes it`)
      : check(
          name,
          'unknown',
          'No variable names an identity: only that of the instance is left',
          'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role for the service, unless it runs on EC2',
        );
  }

  /** Ranges of other environments: those that overlap can never be connected. */
  async #network(environment: EnvironmentRow): Promise<Check> {
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
    if (clashes.length > 0)
      return check('network', 'fail', `Overlapping: ${clashes.join('; ')}`, 'give each environment a range of its own');
    return own.length === 0
      ? check('network', 'unknown', 'No range is set among the variables')
      : check('network', 'ok', 'No range overlaps that of another environment');
  }
}

const check = (name: Check['name'], state: Check['state'], message: string, mend: string | null = null): Check => ({
  name,
  state,
  message,
  mend,
  details: [],
});

/** Variables that are named as ranges of a network of their own; those that only name callers may repeat. */
function rangesOf(variables: string): { text: string; range: NonNullable<ReturnType<typeof parseCidr>> }[] {
  return Object.entries(JSON.parse(variables) as Record<string, unknown>).flatMap(([name, value]) => {
    if (!/(vpc|network).*cidr|^cidr/i.test(name) || typeof value !== 'string') return [];
    const range = parseCidr(value);
    return range === undefined ? [] : [{ text: value, range }];
  });
}
