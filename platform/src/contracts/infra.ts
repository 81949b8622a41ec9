import { z } from 'zod';
import { AwsRegion } from './cloud-accounts.js';
import { DnsLabel, Id, Instant, PageQuery } from './wire.js';

/**
 * Infrastructure of the platform as environments: each a root module of Terraform with its variables and its state.
 * All in one file: runs, plans, sweeps and drift are shown together and name each other.
 */
export const VariableName = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_-]{0,99}$/, 'must be a name of a Terraform variable: letters, digits, _ and -');
/** Which folder of modules: the repository's own environments, or the operator's folders under `DATA_DIR/infra/modules`. */
export const ModuleName = z
  .string()
  .regex(
    /^(repository|local)\/[a-z0-9][a-z0-9._-]{0,62}$/,
    'must be repository/<environment> or local/<folder>, as GET /api/v1/infra/modules lists them',
  );
/** A value of any type that Terraform takes. A sensitive one is sealed and never comes back; without a value the kept one stays. */
export const EnvironmentVariable = z.strictObject({
  value: z.json().optional(),
  sensitive: z.boolean().default(false),
});
const Variables = z
  .record(VariableName, EnvironmentVariable)
  .refine((all) => Object.keys(all).length <= 200, 'must be at most 200 variables');
const BackendSettings = z
  .record(z.string().regex(/^[a-z_]{1,60}$/), z.string().max(500))
  .describe('Settings of the backend of the module, such as bucket and key; not used where the state is kept locally');
const DriftMinutes = z
  .number()
  .int()
  .min(1)
  .max(43_200)
  .nullable()
  .describe('Minutes between two looks for drift; null: only when asked');

export const CreateInfraEnvironmentBody = z.strictObject({
  name: DnsLabel,
  description: z.string().max(255).default(''),
  module: ModuleName,
  variables: Variables.default({}),
  account: DnsLabel.nullable()
    .default(null)
    .describe('Cloud account whose identity Terraform has; null: none, as of modules without a cloud'),
  region: AwsRegion.nullable().default(null),
  backend: BackendSettings.default({}),
  drift_minutes: DriftMinutes.default(null),
});
/** What is left out stays; `variables` are all of them. */
export const UpdateInfraEnvironmentBody = z
  .strictObject({
    description: z.string().max(255),
    module: ModuleName,
    variables: Variables,
    account: DnsLabel.nullable(),
    region: AwsRegion.nullable(),
    backend: BackendSettings,
    drift_minutes: DriftMinutes,
  })
  .partial();
export const DriftView = z.object({
  status: z.enum(['in_sync', 'drifted', 'unknown']),
  checked_at: Instant.nullable(),
  run_id: Id.nullable(),
  changes: z.number().int(),
  /** Since when the looks have found drift without a break; the alert stands from then on. */
  since: Instant.nullable(),
  next_at: Instant.nullable(),
});
/** `GET /api/v1/infra/drift`: each environment that has something applied, the drifted ones first. */
export const InfraDriftView = DriftView.extend({
  environment_id: Id,
  environment: z.string(),
  drift_minutes: z.number().int().nullable(),
});
export type InfraDriftView = z.infer<typeof InfraDriftView>;
export const InfraEnvironmentView = z.object({
  id: Id,
  name: z.string(),
  description: z.string(),
  module: z.string(),
  variables: z.record(z.string(), z.object({ value: z.json().nullable(), sensitive: z.boolean() })),
  account: z.string().nullable(),
  region: z.string().nullable(),
  backend: z.record(z.string(), z.string()),
  drift_minutes: z.number().int().nullable(),
  drift: DriftView,
  status: z.enum(['empty', 'applied', 'incomplete']).describe('incomplete: the last apply did not come to its end'),
  current_version: z.number().int().nullable(),
  active_run: Id.nullable(),
  created_by: z.string(),
  created_at: Instant,
  updated_at: Instant,
});
export type InfraEnvironmentView = z.infer<typeof InfraEnvironmentView>;
export const ModuleVariableView = z.object({
  name: z.string(),
  type: z.string().describe('As the module writes it, such as list(string)'),
  description: z.string(),
  required: z.boolean().describe('It has no default'),
  default: z.json().describe('null where there is none, or it would have to be worked out'),
  default_text: z.string().nullable().describe('As the module writes it'),
  sensitive: z.boolean(),
});
export type ModuleVariableView = z.infer<typeof ModuleVariableView>;
export const InfraModulesView = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      variables: z
        .array(ModuleVariableView)
        .nullable()
        .default(null)
        .describe('Those that must be given first; null: only Terraform itself can read them'),
    }),
  ),
});
export type InfraModulesView = z.infer<typeof InfraModulesView>;

export const RUN_KINDS = ['plan', 'destroy', 'drift', 'apply'] as const;
export const RUN_STATUSES = ['queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted'] as const;
/** `plan` and `destroy` make a plan (of what is wanted; of taking all away) that is applied by its hash; `drift` only looks. */
export const StartRunBody = z.strictObject({
  kind: z.enum(['plan', 'destroy', 'drift']),
  version: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('With kind plan: an earlier version instead of what is set now'),
});
export const ApplyPlanBody = z.strictObject({
  plan_hash: z.string().regex(/^[0-9a-f]{64}$/, 'must be the plan_hash of the plan: 64 hexadecimal digits'),
});
export const UnlockBody = z.strictObject({
  lock_id: z.string().min(1).max(100),
  force: z.boolean().default(false),
});
export const RunsQuery = z.strictObject({
  ...PageQuery.shape,
  environment: z.string().max(63).optional(),
  kind: z.enum(RUN_KINDS).optional(),
  status: z.enum(RUN_STATUSES).optional(),
});

/** `GET /api/v1/infra/plans`: the runs of kind plan and destroy. */
export const PLAN_STATES = ['ready', 'expired', 'applied', 'stale'] as const;
export const PlansQuery = z.strictObject({
  ...PageQuery.shape,
  environment: z.string().max(63).optional(),
  kind: z.enum(['plan', 'destroy']).optional(),
  status: z.enum(RUN_STATUSES).optional(),
});

export const AttributeChangeView = z.object({
  path: z.string(),
  before: z.json().describe('`[masked]` where it is sensitive'),
  after: z.json(),
  known: z.boolean().describe('false: known only after the apply'),
  sensitive: z.boolean(),
});
export const ResourceChangeView = z.object({
  address: z.string(),
  type: z.string(),
  action: z.enum(['create', 'update', 'replace', 'delete', 'read', 'import', 'move', 'forget']),
  reason: z.string().nullable(),
  attributes: z.array(AttributeChangeView),
});
export type ResourceChangeView = z.infer<typeof ResourceChangeView>;
export const CostItemView = z.object({
  address: z.string(),
  type: z.string(),
  /** USD. */
  monthly: z.number().nullable(),
  note: z.string(),
  checked: z
    .boolean()
    .nullable()
    .default(null)
    .describe('Whether each of its prices was compared with a source; null: it has none of ours'),
});
export const CostView = z.object({
  currency: z.literal('USD'),
  region: z.string(),
  source: z.enum(['infracost', 'price_table']),
  instead_of: z
    .string()
    .nullable()
    .default(null)
    .describe('Why it is not what Infracost says; null: that was not asked'),
  prices_of: z.string().describe('Day of the prices'),
  price_checks: z
    .object({ checked: z.number().int(), total: z.number().int(), on: z.string() })
    .nullable()
    .default(null)
    .describe('How many of the prices in it were compared with a source, and on which day; null: they are not ours'),
  monthly_before: z.number(),
  monthly_after: z.number(),
  items: z.array(CostItemView),
  unknown: z.array(z.string()).describe('Resources whose price is not known: they are not in the sum'),
});
export type CostView = z.infer<typeof CostView>;
export const PlanSummaryView = z.object({
  add: z.number().int(),
  change: z.number().int(),
  destroy: z.number().int(),
  changes: z.array(ResourceChangeView),
  more_changes: z.number().int().describe('Changes beyond those shown'),
  drift: z.array(ResourceChangeView).describe('What was changed outside of Terraform since the last apply'),
  outputs: z.array(z.object({ name: z.string(), action: z.string(), sensitive: z.boolean() })),
});
export type PlanSummaryView = z.infer<typeof PlanSummaryView>;
/** What Kubernetes makes in the account of a cluster, by the words of the cloud. */
export const SWEPT_KINDS = [
  'load_balancer',
  'classic_load_balancer',
  'target_group',
  'network_interface',
  'security_group',
  'volume',
] as const;
export const SweptResourceView = z.object({
  kind: z.enum(SWEPT_KINDS),
  id: z.string().describe('ARN, id or name, as AWS deletes it by'),
  name: z.string(),
  region: z.string(),
  cluster: z.string(),
  tag: z.string().describe('The tag that says whose it is, as key=value'),
  when: z.enum(['before', 'after']).describe('after: a node still has it, so it goes once the nodes are gone'),
  state: z.enum(['planned', 'gone', 'failed']),
  reason: z.string().nullable().describe('Why it could not be taken away'),
});
export type SweptResourceView = z.infer<typeof SweptResourceView>;
/** Of a destroy plan what goes along with it, bound by the plan's hash; of its apply what became of each. */
export const SweepView = z.object({
  clusters: z.array(z.object({ name: z.string(), region: z.string() })),
  items: z.array(SweptResourceView),
});
export type SweepView = z.infer<typeof SweepView>;
/** What still bears the tags of an environment after its destroy. */
export const OrphanView = z.object({
  id: z.string().describe('ARN'),
  type: z.string(),
  region: z.string(),
  tag: z.string(),
});
export type OrphanView = z.infer<typeof OrphanView>;
export const StateLockView = z.object({
  lock_id: z.string(),
  operation: z.string(),
  who: z.string(),
  created: z.string(),
  path: z.string(),
  held: z.boolean().nullable().describe('false: its holder is gone; null: cannot be told from here'),
  pid: z.number().int().nullable(),
});
export type StateLockView = z.infer<typeof StateLockView>;
export const RunFailureView = z.object({
  code: z.string(),
  message: z.string(),
  diagnostics: z.array(z.object({ summary: z.string(), detail: z.string(), address: z.string().nullable() })),
});
export type RunFailureView = z.infer<typeof RunFailureView>;
export const InfraRunView = z.object({
  id: Id,
  environment_id: Id,
  environment: z.string(),
  kind: z.enum(RUN_KINDS),
  status: z.enum(RUN_STATUSES),
  phase: z
    .enum(['preparing', 'initializing', 'planning', 'reading', 'sweeping', 'applying', 'closing', 'scanning'])
    .nullable(),
  reason: z.string(),
  from_version: z.number().int().nullable(),
  plan_run: Id.nullable().describe('Of an apply: the run whose plan it carries out'),
  module: z.string(),
  module_hash: z.string().nullable(),
  plan_hash: z.string().nullable(),
  plan_expires_at: Instant.nullable(),
  plan_state: z.enum(PLAN_STATES).nullable().describe('Of a plan that was made: whether it can still be applied'),
  applied_by: Id.nullable().describe('Of a plan: the apply that took it'),
  applicable: z.boolean(),
  summary: PlanSummaryView.nullable(),
  cost: CostView.nullable(),
  sweep: SweepView.nullable().describe('Of a destroy plan and of its apply; null: there was no cluster'),
  orphans: z
    .array(OrphanView)
    .nullable()
    .describe('Of the apply of a destroy plan: what is left; null: not looked for'),
  failure: RunFailureView.nullable(),
  lock: StateLockView.nullable(),
  resources: z.object({ done: z.number().int(), failed: z.number().int(), total: z.number().int() }).nullable(),
  made_version: z.number().int().nullable(),
  created_by: z.string(),
  created_at: Instant,
  started_at: Instant.nullable(),
  ended_at: Instant.nullable(),
});
export type InfraRunView = z.infer<typeof InfraRunView>;
export type RunKind = InfraRunView['kind'];
export type RunStatus = InfraRunView['status'];
/** Events of `GET /api/v1/infra/runs/{id}/events`; `id` is the row's number. */
export interface InfraRunEvents {
  state: { status: RunStatus; phase: InfraRunView['phase']; reason: string };
  line: { ts: string; level: string; text: string };
  resource: {
    ts: string;
    address: string;
    action: string;
    status: 'started' | 'progress' | 'done' | 'failed';
    elapsed_seconds: number | null;
  };
  /** What becomes of what Kubernetes made. */
  sweep: {
    ts: string;
    kind: SweptResourceView['kind'];
    id: string;
    name: string;
    status: 'started' | 'done' | 'failed';
    reason: string | null;
  };
  /** At the end of an apply: what the module gives; null in the place of what is sensitive. */
  outputs: { outputs: { name: string; value: unknown; sensitive: boolean }[] };
  end: { status: RunStatus };
}
export const InfraVersionView = z.object({
  number: z.number().int(),
  environment: z.string(),
  run_id: Id,
  module: z.string(),
  module_hash: z.string(),
  state_serial: z.number().int().nullable(),
  destroyed: z.boolean().describe('The apply took everything away'),
  variables: z.record(z.string(), z.object({ value: z.json().nullable(), sensitive: z.boolean() })),
  created_by: z.string(),
  created_at: Instant,
});
export type InfraVersionView = z.infer<typeof InfraVersionView>;
export const PREREQUISITES = [
  'terraform',
  'module',
  'providers',
  'credentials',
  'permissions',
  'quotas',
  'network',
  'state',
] as const;
/** One thing in detail: an action of IAM, a quota, a range. `unknown` says why in `message`. */
export const PrerequisiteDetailView = z.object({
  name: z.string(),
  state: z.enum(['ok', 'warn', 'fail', 'unknown']),
  message: z.string(),
  /** Of a quota, in its own unit (vCPUs, addresses, VPCs); null where it is none or could not be found out. */
  limit: z.number().nullable(),
  used: z.number().nullable(),
  needed: z.number().nullable(),
});
export const PrerequisitesView = z.object({
  ok: z.boolean().describe('Nothing fails'),
  checks: z.array(
    z.object({
      name: z.enum(PREREQUISITES),
      state: z.enum(['ok', 'warn', 'fail', 'unknown']).describe('unknown: could not be found out, or does not apply'),
      message: z.string(),
      mend: z.string().nullable(),
      details: z.array(PrerequisiteDetailView),
    }),
  ),
});
export type PrerequisitesView = z.infer<typeof PrerequisitesView>;
