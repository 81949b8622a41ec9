/**
 * Makes the body of `POST /api/v1/deployments` from a file and from options; options go before the file. The body is checked
 * against the contract here, so that a slip is told with the option that mends it before anything is sent.
 */
import { extname } from 'node:path';
import { CreateDeploymentBody, type CreateDeploymentInput } from '@aws-deployer/platform/contracts/deployments';
import { EXIT, Failure } from './failure.js';
import { readFields, readText, type Fields } from './input-file.js';
import { pairsOf } from './pairs.js';

export interface DeployOptions {
  readonly from?: string;
  readonly app?: string;
  readonly environment?: string;
  readonly namespace?: string;
  readonly repo?: string;
  readonly ref?: string;
  readonly context?: string;
  readonly dockerfile?: string;
  readonly credential?: string;
  readonly build?: string;
  readonly buildArg?: readonly string[];
  readonly image?: string;
  readonly file?: string;
  readonly language?: string;
  readonly builder?: string;
  readonly kind?: string;
  readonly env?: readonly string[];
  readonly secret?: readonly string[];
  readonly replicas?: number;
  readonly port?: number;
  readonly health?: string;
  readonly route?: string;
  readonly serviceType?: string;
  readonly monitorSeconds?: number;
  readonly timeout?: readonly string[];
  readonly recreate?: boolean;
  readonly adopt?: boolean;
  readonly acceptBad?: boolean;
}

/** Throws Failure `usage` naming each bad field. */
export async function deploymentRequest(options: DeployOptions): Promise<CreateDeploymentInput> {
  const base: Fields = options.from === undefined ? {} : await readFields(options.from, 'deployment');
  const source = (await sourceOf(options, fieldsOf(base['source']))) ?? base['source'];
  const body: Fields = {
    ...base,
    ...given({
      application: options.app,
      environment: options.environment,
      namespace: options.namespace,
      builder: options.builder,
      monitor_seconds: options.monitorSeconds,
      timeouts: options.timeout && { ...fieldsOf(base['timeouts']), ...secondsOf(options.timeout) },
      recreate: options.recreate,
      adopt: options.adopt,
      accept_bad_release: options.acceptBad,
    }),
    ...given({ source, workload: workloadOf(options, fieldsOf(base['workload'])) }),
  };
  if (body['source'] === undefined)
    throw new Failure(EXIT.usage, 'There is nothing to deploy', [
      'give one of --repo URL, --image NAME, --file CODE, or -f FILE with a source in it',
    ]);
  const parsed = CreateDeploymentBody.safeParse(body);
  if (parsed.success) return body as CreateDeploymentInput;
  throw new Failure(
    EXIT.usage,
    'The deployment is not described right',
    parsed.error.issues.map((issue) => {
      const field = issue.path.join('.');
      return `${field || 'body'}: ${issue.message}${OPTION_OF[field] ? ` (option ${OPTION_OF[field]})` : ''}`;
    }),
  );
}

const OPTION_OF: Readonly<Record<string, string>> = {
  application: '--app',
  environment: '--environment',
  namespace: '--namespace',
  builder: '--builder',
  'source.language': '--language',
  'workload.replicas': '--replicas',
  'workload.container_port': '--port',
  'workload.health.path': '--health',
  'workload.kind': '--kind',
  'workload.service_type': '--service-type',
  'workload.route.host': '--route',
};

async function sourceOf(options: DeployOptions, base: Fields): Promise<Fields | undefined> {
  const kinds = [options.repo, options.image, options.file].filter((one) => one !== undefined);
  if (kinds.length > 1) throw new Failure(EXIT.usage, 'Give one of --repo, --image and --file, not several');
  const credential = given({ credential: options.credential });
  if (options.image !== undefined)
    return { type: 'image', image: options.image, ...credential, ...given({ build_id: options.build }) };
  if (options.file !== undefined)
    return {
      type: 'snippet',
      language: options.language ?? languageOf(options.file),
      code: await readText(options.file),
    };
  const git = given({
    repo_url: options.repo,
    ref: options.ref,
    context: options.context,
    dockerfile: options.dockerfile,
    build_args: options.buildArg && pairsOf('--build-arg', options.buildArg),
  });
  if (options.repo !== undefined) return { type: 'git', ...git, ...credential };
  return Object.keys(git).length > 0 || options.credential !== undefined
    ? { ...base, ...git, ...credential }
    : undefined;
}

function workloadOf(options: DeployOptions, base: Fields): Fields | undefined {
  const own = given({
    kind: options.kind,
    replicas: options.replicas,
    container_port: options.port,
    service_type: options.serviceType,
    env: options.env && { ...fieldsOf(base['env']), ...pairsOf('--env', options.env) },
    secrets: options.secret,
    health: options.health === undefined ? undefined : { path: options.health },
    route: options.route === undefined ? undefined : routeOf(options.route),
  });
  return Object.keys(own).length === 0 ? undefined : { ...base, ...own };
}

/** What is no number stays as it was typed: the contract names it. */
const secondsOf = (entries: readonly string[]): Fields =>
  Object.fromEntries(
    Object.entries(pairsOf('--timeout', entries)).map(([stage, text]) => [
      stage,
      /^\d+$/.test(text) ? Number(text) : text,
    ]),
  );

/** `shop.localhost/api` */
function routeOf(text: string): Fields {
  const slash = text.indexOf('/');
  return slash < 0 ? { host: text } : { host: text.slice(0, slash), path: text.slice(slash) };
}

function languageOf(file: string): string {
  const language = {
    '.py': 'python',
    '.js': 'node',
    '.mjs': 'node',
    '.cjs': 'node',
    '.html': 'static',
    '.htm': 'static',
  }[extname(file).toLowerCase()];
  if (language === undefined)
    throw new Failure(EXIT.usage, `The language of ${file} is not clear from its name`, [
      'give --language python, node or static',
    ]);
  return language;
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
