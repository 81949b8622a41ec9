import { z } from 'zod';
import { GateResult } from './builds.js';
import { CheckView } from './preflight.js';
import { DnsLabel, Id, ImageTag, Instant, PageQuery } from './wire.js';

/** The states of a deployment, in the words of the mission. The table of moves is deployer/src/deployments/deployment.ts. */
export const DeploymentState = z.enum([
  'initialized',
  'validating',
  'preparing',
  'building',
  'deploying',
  'testing',
  'monitoring',
  'stable',
  'validation_failed',
  'preparation_failed',
  'build_failed',
  'deployment_failed',
  'testing_failed',
  'unstable',
  'rolling_back',
  'rolled_back',
  'rollback_failed',
  'cancelled',
  'superseded',
]);
export type DeploymentState = z.infer<typeof DeploymentState>;
/** No deployment leaves one of these. */
export const END_STATES = [
  'stable',
  'rolled_back',
  'rollback_failed',
  'cancelled',
  'superseded',
] as const satisfies readonly DeploymentState[];
export const isEnd = (state: DeploymentState): boolean => END_STATES.some((end) => end === state);
/** The working states, in order: a stage is named for the state it is worked in. */
export const STAGES = [
  'validating',
  'preparing',
  'building',
  'deploying',
  'testing',
  'monitoring',
  'rolling_back',
] as const;
export const StageName = z.enum(STAGES);
export type StageName = z.infer<typeof StageName>;

const RepoUrl = z.string().min(1).max(2000);
const Ref = z.string().min(1).max(250);
/** A path inside the repository: relative, `/`-separated. Whether it escapes is checked against the checkout. */
const InnerPath = z.string().min(1).max(500);
const Credential = z.string().min(1).max(63).describe('Name of a secret of type git_token, ssh_key or registry');

export const GitSource = z.strictObject({
  type: z.literal('git'),
  repo_url: RepoUrl,
  ref: Ref.optional(),
  context: InnerPath.default('.'),
  dockerfile: InnerPath.default('Dockerfile'),
  credential: Credential.optional(),
  build_args: z
    .record(
      z
        .string()
        .regex(
          /^[A-Za-z_][A-Za-z0-9_]*$/,
          'must be letters, digits and underscores, and begin with a letter or an underscore',
        ),
      z.string().max(10_000),
    )
    .optional(),
});
export const SnippetSource = z.strictObject({
  type: z.literal('snippet'),
  language: z.enum(['python', 'node', 'static']),
  code: z.string().min(1).max(500_000),
});
export const ImageSource = z.strictObject({
  type: z.literal('image'),
  image: z.string().min(1).max(500),
  credential: Credential.optional(),
  build_id: Id.optional().describe('The build that made the image: its quality gates must have let it pass'),
});
/** compose and manifests are named on the wire; they are built by a later issue and refused with that sentence until then. */
export const DeploymentSource = z.discriminatedUnion('type', [GitSource, SnippetSource, ImageSource]);
export type DeploymentSource = z.infer<typeof DeploymentSource>;

const Quantity = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/, 'must be a Kubernetes quantity such as 100m or 64Mi');
const Resources = z.strictObject({ cpu: Quantity.optional(), memory: Quantity.optional() });
export const Workload = z.strictObject({
  kind: z.enum(['Deployment', 'ReplicaSet']).default('Deployment'),
  replicas: z.number().int().min(0).max(500).default(1),
  container_port: z.number().int().min(1).max(65_535).optional(),
  env: z
    .record(
      z
        .string()
        .regex(
          /^[A-Za-z_][A-Za-z0-9_.-]*$/,
          'must be letters, digits, dots, hyphens and underscores, and begin with a letter or an underscore',
        ),
      z.string().max(30_000),
    )
    .default({}),
  secrets: z.array(DnsLabel).max(50).default([]),
  command: z.array(z.string().max(4000)).max(100).optional(),
  args: z.array(z.string().max(4000)).max(100).optional(),
  resources: z.strictObject({ requests: Resources.optional(), limits: Resources.optional() }).optional(),
  health: z.strictObject({ path: z.string().startsWith('/').max(500) }).optional(),
  service_type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default('ClusterIP'),
  node_port: z.number().int().min(1024).max(65_535).optional(),
  route: z
    .strictObject({
      host: z
        .string()
        .regex(
          /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
          'must be a host name such as shop.example.com, in lower case',
        )
        .max(253),
      path: z.string().startsWith('/').max(500).default('/'),
    })
    .optional(),
});
export type Workload = z.infer<typeof Workload>;

/** Only rolling is built so far; the others join this union with their own fields. */
export const Strategy = z.discriminatedUnion('type', [z.strictObject({ type: z.literal('rolling') })]);
export type Strategy = z.infer<typeof Strategy>;

export const SmokeTest = z.strictObject({
  path: z.string().startsWith('/').max(2000),
  expect_status: z.number().int().min(100).max(599).optional(),
  expect_body: z.string().max(10_000).optional().describe('The answer must contain this text'),
});
export type SmokeTest = z.infer<typeof SmokeTest>;

const seconds = (least: number, most: number, what: string) =>
  z.number().int().min(least).max(most).optional().describe(what);

export const Timeouts = z.strictObject({
  /** Seconds; the hard limit of each stage. */
  validating: seconds(1, 600, 'Checking the request; 60 unless given'),
  preparing: seconds(5, 3_600, 'Fetching the source and looking ahead; 600 unless given'),
  building: seconds(5, 7_200, 'Building and pushing; 1800 unless given'),
  deploying: seconds(5, 7_200, 'One rollout; 120 on one machine and 600 elsewhere unless given'),
  testing: seconds(1, 3_600, 'All smoke tests together; 30 unless given'),
  monitoring: seconds(5, 93_600, 'At least 5 more than monitor_seconds; those and a rollout unless given'),
  rolling_back: seconds(5, 14_400, 'The way back; two rollouts unless given'),
});

const AcceptBadRelease = z
  .boolean()
  .default(false)
  .describe('Consent to run a release that was marked bad, or the image of one');

export const CreateDeploymentBody = z.strictObject({
  application: DnsLabel,
  environment: DnsLabel.default('development'),
  namespace: DnsLabel.optional(),
  source: DeploymentSource,
  builder: z.enum(['auto', 'docker', 'host', 'codebuild']).default('auto'),
  image: z
    .strictObject({
      repository: z.string().min(1).max(255),
      tag: ImageTag.optional(),
    })
    .optional(),
  registry: z.string().max(63).optional().describe('Name of a registry; absent: the default one'),
  workload: Workload.prefault({}),
  strategy: Strategy.prefault({ type: 'rolling' }),
  tests: z.array(SmokeTest).max(50).default([]),
  monitor_seconds: z.number().int().min(0).max(86_400).optional(),
  timeouts: Timeouts.optional(),
  accept_bad_release: AcceptBadRelease,
  recreate: z
    .boolean()
    .default(false)
    .describe('Consent to delete and make anew what cannot be changed in place; its pods stop in between'),
  adopt: z
    .boolean()
    .default(false)
    .describe('Consent to take over objects of the same name that somebody else made; a rollback gives them back'),
});
export type CreateDeploymentBody = z.infer<typeof CreateDeploymentBody>;
export type CreateDeploymentInput = z.input<typeof CreateDeploymentBody>;

export const VerdictView = z.object({
  code: z.string(),
  fault: z.enum(['release', 'platform', 'transient', 'unknown', 'none']),
  object: z.string().nullable(),
  container: z.string().nullable(),
  reason: z.string(),
  evidence: z.object({ exit_code: z.number().nullable(), log_lines: z.array(z.string()), events: z.array(z.string()) }),
  suggestion: z.string(),
});
export type VerdictView = z.infer<typeof VerdictView>;

export const StageView = z.object({
  name: StageName,
  outcome: z.enum(['succeeded', 'failed', 'cancelled', 'skipped']).nullable().describe('null while it runs'),
  started_at: Instant.nullable(),
  ended_at: Instant.nullable(),
});
export type StageView = z.infer<typeof StageView>;

/** How a release is proven, as it was asked for; `monitor_seconds` as the environment says where nothing was asked. */
export const ProofSettings = z.object({
  tests: z.array(SmokeTest),
  monitor_seconds: z.number().int(),
  timeouts: Timeouts,
});

export const DeploymentView = ProofSettings.extend({
  id: Id,
  application: z.string(),
  environment: z.string(),
  namespace: z.string(),
  state: DeploymentState,
  state_reason: z.string(),
  failed_state: DeploymentState.nullable().describe('The failure state it passed through, if any'),
  release_id: Id.nullable(),
  /** Set when this deployment restores an earlier release. */
  rollback_of: Id.nullable(),
  source: z.unknown().describe('As asked for; credentials by name only'),
  commit: z.string().nullable(),
  builder: z.string().nullable().describe('The builder that was used'),
  image: z.string().nullable(),
  image_digest: z.string().nullable(),
  base_substituted: z.string().nullable().describe('The base image that a host-assembled one stands for'),
  build_id: Id.nullable().describe('The build of codebuild-service that made the image'),
  gates: z.array(GateResult).describe('The quality gates of that build'),
  url: z.string().nullable(),
  strategy: Strategy,
  workload: Workload,
  verdict: VerdictView.nullable(),
  rollout: z.object({ requests: z.number().int(), failed: z.number().int(), longest_gap_ms: z.number().int() }),
  stages: z.array(StageView),
  warnings: z.array(CheckView).describe('What the preflight warned of and let pass'),
  cancel_requested: z.boolean(),
  created_by: z.string(),
  created_at: Instant,
  updated_at: Instant,
  ended_at: Instant.nullable(),
});
export type DeploymentView = z.infer<typeof DeploymentView>;

export const DeploymentsQuery = PageQuery.extend({
  application: z.string().max(63).optional(),
  environment: z.string().max(63).optional(),
  state: DeploymentState.optional(),
  active: z.stringbool().optional().describe('true: only those that have not ended'),
});

export const PodView = z.object({
  name: z.string(),
  phase: z.string(),
  ready: z.boolean(),
  restarts: z.number().int(),
  reason: z.string().nullable().describe('Why it is not ready: a waiting or terminated reason with its message'),
  image_digest: z.string().nullable(),
  release_id: z.string().nullable(),
  current: z.boolean().describe('Belongs to the release that this deployment rolls out'),
  node: z.string().nullable(),
  runtime: z.enum(['docker', 'process', 'simulated', 'kubernetes']).nullable(),
  started_at: Instant.nullable(),
});
export type PodView = z.infer<typeof PodView>;

export const LogLine = z.object({
  ts: Instant,
  stage: StageName.nullable(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const RollbackBody = z.strictObject({
  release_id: Id.optional().describe('Absent: the last stable release before this one that is not marked bad'),
  accept_bad_release: AcceptBadRelease,
});
/** The data of each SSE event of `/deployments/{id}/events`, by event name; `/logs` sends `line` and `end`. */
export interface DeploymentEvents {
  state: { state: DeploymentState; reason: string; at: string };
  stage: StageView;
  pods: { pods: PodView[] };
  verdict: VerdictView;
  line: LogLine;
  end: { state: DeploymentState };
}
