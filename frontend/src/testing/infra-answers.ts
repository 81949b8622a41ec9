/**
 * What the infrastructure service answers in tests: two environments, a plan that waits, the apply of it, versions, a lock.
 * The answers of one small made-up world refer to each other, so they stand in one file.
 */
import type {
  InfraModulesView,
  InfraEnvironmentView,
  InfraRunView,
  InfraVersionView,
} from '@aws-deployer/platform/contracts/infra';

const AT = '2026-11-21T04:00:00.000Z';
export const PLAN_HASH = 'ab'.repeat(32);
const page = (...items: unknown[]) => ({ items, next_cursor: null });

export const environmentSample = (change: Partial<InfraEnvironmentView> = {}): InfraEnvironmentView => ({
  id: 'e1',
  name: 'production',
  description: 'What customers use',
  module: 'repository/production',
  variables: {
    vpc_cidr: { value: '10.20.0.0/16', sensitive: false },
    db_password: { value: null, sensitive: true },
  },
  account: 'environment',
  region: 'eu-central-1',
  backend: {},
  drift_minutes: 60,
  drift: { status: 'in_sync', checked_at: AT, run_id: 'd1', changes: 0, since: null, next_at: AT },
  status: 'applied',
  current_version: 2,
  active_run: null,
  created_by: 'mira',
  created_at: AT,
  updated_at: AT,
  ...change,
});

export const runSample = (change: Partial<InfraRunView> = {}): InfraRunView => ({
  id: 'p1',
  environment_id: 'e1',
  environment: 'production',
  kind: 'plan',
  status: 'succeeded',
  phase: null,
  reason: '1 to add, 1 to change, 0 to destroy',
  from_version: null,
  plan_run: null,
  module: 'repository/production',
  module_hash: 'cd'.repeat(32),
  plan_hash: PLAN_HASH,
  plan_expires_at: '2099-01-01T00:00:00.000Z',
  plan_state: 'ready',
  applied_by: null,
  applicable: true,
  summary: {
    add: 1,
    change: 1,
    destroy: 0,
    changes: [
      {
        address: 'module.network.aws_vpc.this',
        type: 'aws_vpc',
        action: 'update',
        reason: null,
        attributes: [
          { path: 'tags.team', before: 'old team', after: 'new team', known: true, sensitive: false },
          { path: 'password', before: '[masked]', after: '[masked]', known: true, sensitive: true },
        ],
      },
      {
        address: 'aws_eip.nat',
        type: 'aws_eip',
        action: 'create',
        reason: null,
        attributes: [{ path: 'public_ip', before: null, after: null, known: false, sensitive: false }],
      },
    ],
    more_changes: 0,
    drift: [],
    outputs: [],
  },
  cost: {
    currency: 'USD',
    region: 'eu-central-1',
    source: 'price_table',
    instead_of: null,
    prices_of: '2026-10-01',
    price_checks: { checked: 1, total: 2, on: '2026-11-21' },
    monthly_before: 100,
    monthly_after: 103.65,
    items: [
      { address: 'aws_eip.nat', type: 'aws_eip', monthly: 3.65, note: 'public IPv4 address', checked: false },
      { address: 'aws_new.thing', type: 'aws_new', monthly: null, note: 'not in the price table', checked: null },
    ],
    unknown: ['aws_new.thing'],
  },
  sweep: null,
  orphans: null,
  failure: null,
  lock: null,
  resources: null,
  made_version: null,
  created_by: 'mira',
  created_at: AT,
  started_at: AT,
  ended_at: '2026-11-21T04:00:09.000Z',
  ...change,
});
export const destroyPlan = runSample({
  id: 'p2',
  kind: 'destroy',
  reason: '0 to add, 0 to change, 1 to destroy',
  summary: {
    add: 0,
    change: 0,
    destroy: 1,
    changes: [{ address: 'aws_vpc.this', type: 'aws_vpc', action: 'delete', reason: null, attributes: [] }],
    more_changes: 0,
    drift: [],
    outputs: [],
  },
});
export const applySample = (change: Partial<InfraRunView> = {}): InfraRunView =>
  runSample({
    id: 'a1',
    kind: 'apply',
    plan_run: 'p1',
    applicable: false,
    summary: null,
    cost: null,
    plan_hash: null,
    plan_expires_at: null,
    plan_state: null,
    reason: 'Applied: 1 to add, 1 to change, 0 to destroy',
    resources: { done: 2, failed: 0, total: 2 },
    made_version: 2,
    ...change,
  });

const version = (number: number, cidr: string): InfraVersionView => ({
  number,
  environment: 'production',
  run_id: `a${number}`,
  module: 'repository/production',
  module_hash: 'cd'.repeat(32),
  state_serial: number,
  destroyed: false,
  variables: { vpc_cidr: { value: cidr, sensitive: false } },
  created_by: 'mira',
  created_at: AT,
});
export const lockSample = {
  lock_id: 'lock-1',
  operation: 'OperationTypeApply',
  who: 'jonas@laptop',
  created: AT,
  path: 'state',
  held: null,
  pid: null,
};

const check = (name: string, state: string, message: string, mend: string | null, details: unknown[] = []) => ({
  name,
  state,
  message,
  mend,
  details,
});
let sent = 0;
const event = (name: string, data: unknown) => `id: ${(sent += 1)}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const resource = (address: string, status: string, seconds: number) =>
  event('resource', { ts: AT, address, action: 'create', status, elapsed_seconds: seconds });
export const END = 'event: end\ndata: {"status":"succeeded"}\n\n';

const MODULE_VARIABLES: InfraModulesView['items'][number]['variables'] = [
  {
    name: 'size',
    type: 'number',
    description: 'How many nodes',
    required: true,
    default: null,
    default_text: null,
    sensitive: false,
  },
  {
    name: 'zones',
    type: 'list(string)',
    description: 'Where they stand',
    required: false,
    default: ['a', 'b'],
    default_text: '["a", "b"]',
    sensitive: false,
  },
];
export const INFRA_ANSWERS: Readonly<Record<string, unknown>> = {
  'GET /api/v1/infra/modules': page(
    { name: 'repository/production', variables: null },
    { name: 'local/shop', variables: MODULE_VARIABLES },
  ),
  'GET /api/v1/infra/environments': page(environmentSample()),
  'GET /api/v1/infra/environments/production': environmentSample(),
  'POST /api/v1/infra/environments': environmentSample({ name: 'shop', status: 'empty', current_version: null }),
  'PATCH /api/v1/infra/environments/production': environmentSample(),
  'GET /api/v1/infra/environments/shop': environmentSample({ name: 'shop', status: 'empty', current_version: null }),
  'GET /api/v1/infra/environments/production/lock': { lock: null },
  'GET /api/v1/infra/environments/shop/lock': { lock: null },
  'GET /api/v1/infra/environments/production/versions': page(version(2, '10.20.0.0/16'), version(1, '10.10.0.0/16')),
  'GET /api/v1/infra/environments/production/prerequisites': {
    ok: false,
    checks: [
      check('terraform', 'ok', 'Terraform 1.11.4', null),
      check('network', 'fail', 'Overlapping: 10.20.0.0/16', 'give each environment a range'),
      check('quotas', 'warn', 'Little is left of one quota', 'ask for more', [
        { name: 'vCPUs', state: 'warn', message: 'on-demand instances', limit: 32, used: 26, needed: 4 },
      ]),
      check('credentials', 'unknown', 'No cloud account is set', null),
    ],
  },
  'POST /api/v1/infra/environments/production/runs': runSample(),
  'GET /api/v1/infra/runs': page(runSample(), applySample()),
  'GET /api/v1/infra/runs/p1': runSample(),
  'GET /api/v1/infra/runs/p2': destroyPlan,
  'GET /api/v1/infra/runs/a1': applySample(),
  'GET /api/v1/infra/runs/a2': applySample({ id: 'a2' }),
  'GET /api/v1/infra/runs/d1': runSample({ id: 'd1', kind: 'drift' }),
  'GET /api/v1/infra/runs/p1/events': END,
  'GET /api/v1/infra/runs/p2/events': END,
  'GET /api/v1/infra/runs/a1/events':
    resource('aws_eip.nat', 'done', 12) +
    event('outputs', { outputs: [{ name: 'address', value: '10.20.0.9', sensitive: false }] }) +
    event('line', { ts: AT, level: 'info', text: 'aws_eip.nat: Creation complete' }) +
    END,
  'POST /api/v1/infra/plans/p1/apply': applySample(),
  'POST /api/v1/infra/plans/p2/apply': applySample({ plan_run: 'p2' }),
};
