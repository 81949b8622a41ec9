/** Which input of the form a field of the wire belongs to, and what can be told before asking the server. Pure. */
import type { StageName } from '@aws-deployer/platform/contracts/deployments';
import { FORWARD_STAGES } from '../deployments/states.js';
import type { DeployValues } from './form-values.js';

/** A stage's time limit is an input of its own. */
export type InputName = keyof DeployValues | `timeouts.${StageName}`;

/** In the order in which they are passed. */
export const STAGES_WITH_LIMIT: readonly StageName[] = [...FORWARD_STAGES, 'rolling_back'];

const INPUTS: readonly (readonly [wire: string, input: InputName])[] = [
  ['application', 'application'],
  ['environment', 'environment'],
  ['namespace', 'namespace'],
  ['source.repo_url', 'repoUrl'],
  ['source.ref', 'ref'],
  ['source.context', 'context'],
  ['source.dockerfile', 'dockerfile'],
  ['source.credential', 'credential'],
  ['source.build_args', 'buildArgs'],
  ['source.language', 'language'],
  ['source.code', 'code'],
  ['code', 'code'],
  ['source.image', 'image'],
  ['source.build_id', 'imageBuild'],
  ['builder', 'builder'],
  ['workload.kind', 'kind'],
  ['workload.replicas', 'replicas'],
  ['workload.container_port', 'port'],
  ['workload.env', 'env'],
  ['workload.secrets', 'secrets'],
  ['workload.resources.requests.cpu', 'cpuRequest'],
  ['workload.resources.requests.memory', 'memoryRequest'],
  ['workload.resources.limits.cpu', 'cpuLimit'],
  ['workload.resources.limits.memory', 'memoryLimit'],
  ['workload.command', 'command'],
  ['workload.args', 'args'],
  ['workload.health', 'healthPath'],
  ['workload.service_type', 'serviceType'],
  ['workload.node_port', 'nodePort'],
  ['workload.route.path', 'routePath'],
  ['workload.route', 'routeHost'],
  ['tests', 'tests'],
  ['monitor_seconds', 'monitorSeconds'],
  ...STAGES_WITH_LIMIT.map((stage) => [`timeouts.${stage}`, `timeouts.${stage}`] as const),
  ['timeouts', 'timeouts'],
  ['recreate', 'recreate'],
  ['adopt', 'adopt'],
];

/** `workload.env.LOG_LEVEL` → `env`, `tests[0].path` → `tests`; null where the form has no such input. */
export function inputOf(wireField: string): InputName | null {
  const found = INPUTS.find(
    ([wire]) => wireField === wire || wireField.startsWith(`${wire}.`) || wireField.startsWith(`${wire}[`),
  );
  return found?.[1] ?? null;
}

/** Inputs that stand in the folded section: an error in one of them opens it. */
const ADVANCED: ReadonlySet<InputName> = new Set<InputName>([
  'namespace',
  'context',
  'dockerfile',
  'imageBuild',
  'buildArgs',
  'builder',
  'kind',
  'secrets',
  'cpuRequest',
  'memoryRequest',
  'cpuLimit',
  'memoryLimit',
  'command',
  'args',
  'healthPath',
  'serviceType',
  'nodePort',
  'routeHost',
  'routePath',
  'tests',
  'monitorSeconds',
  'timeouts',
  'credential',
  'env',
  'recreate',
  'adopt',
]);
export const isAdvanced = (input: string): boolean => (ADVANCED as ReadonlySet<string>).has(input.split('.')[0] ?? '');

/** What the form can tell by itself: only what is missing or could never be a name. The server judges the rest. */
export function missingIn(values: DeployValues): Partial<Record<InputName, string>> {
  const errors: Partial<Record<InputName, string>> = {};
  const name = values.application.trim();
  if (name === '') errors.application = 'Give the application a name.';
  else if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    errors.application = 'Lower-case letters, digits and hyphens only, starting and ending with a letter or digit.';
  }
  if (values.environment.trim() === '') errors.environment = 'Name the environment.';
  if (values.sourceType === 'git' && values.repoUrl.trim() === '')
    errors.repoUrl = 'Give the address of the repository.';
  if (values.sourceType === 'snippet' && values.code.trim() === '') errors.code = 'Paste the source.';
  if (values.sourceType === 'image' && values.image.trim() === '') errors.image = 'Name the image.';
  return errors;
}
