/** A handful of AWS operations, their results, and questions in words: `stop` needs a confirmation, `weather` fits none. */
import { json, problem } from './fixture-http.mjs';

const operation = (name, title, effect, properties, required = [], more = {}) => ({
  name,
  service: name.split('.')[0],
  title,
  description: `${title}, as ${name.split('.')[0].toUpperCase()} tells it.`,
  effect,
  parameters: { type: 'object', properties, required, additionalProperties: false },
  permissions: [name.replace('.', ':')],
  columns: ['id', 'state'],
  paged: effect === 'read',
  ...more,
});
const text = (description, more = {}) => ({ type: 'string', description, ...more });
const operations = [
  operation('ec2.describe_instances', 'List instances', 'read', {
    instance_ids: { type: 'array', items: text('Id'), description: 'Only these' },
    state: text('Only those in this state', { enum: ['pending', 'running', 'stopping', 'stopped'] }),
    with_tags: { type: 'boolean', description: 'Also their tags', default: false },
  }),
  operation(
    'ec2.stop_instances',
    'Stop instances',
    'change',
    {
      instance_ids: { type: 'array', items: text('Id'), minItems: 1, description: 'Which' },
      force: { type: 'boolean', description: 'Without a shutdown' },
    },
    ['instance_ids'],
  ),
  operation(
    'ec2.terminate_instances',
    'Terminate instances',
    'destroy',
    {
      instance_ids: { type: 'array', items: text('Id'), minItems: 1, description: 'Which' },
    },
    ['instance_ids'],
  ),
  operation('s3.list_buckets', 'List buckets', 'read', {}),
  operation(
    's3.list_objects',
    'List objects',
    'read',
    {
      bucket: text('Name of the bucket', { minLength: 3 }),
      prefix: text('Only keys that begin so'),
      depth: { type: 'integer', minimum: 1, maximum: 20, description: 'Folders deep' },
    },
    ['bucket'],
  ),
  operation('secretsmanager.get_secret_value', 'Read a secret', 'reveal', { secret_id: text('Name or ARN') }, [
    'secret_id',
  ]),
  operation('sts.get_caller_identity', 'Who am I', 'read', {}),
  operation(
    'lambda.update_tags',
    'Tag a function',
    'change',
    {
      function_name: text('Name'),
      tags: { type: 'object', additionalProperties: { type: 'string' }, description: 'Tags to set' },
    },
    ['function_name', 'tags'],
  ),
];

const rows = (page) =>
  Array.from({ length: 12 }, (_, index) => ({
    id: `i-0a1b2c3d4e5f6${String(page * 12 + index).padStart(4, '0')}`,
    name: ['shop-web', 'shop-worker', 'bastion'][index % 3],
    state: ['running', 'stopped'][index % 2],
    launched_at: '2026-10-01T08:12:44Z',
    tags: { team: 'storefront', cost: '4711' },
    public_ip: index % 4 === 0 ? '203.0.113.17' : null,
  }));
const result = (name, cursor) => ({
  operation: name,
  region: 'eu-central-1',
  account: 'production',
  columns: ['id', 'name', 'state', 'launched_at', 'public_ip', 'tags'],
  rows: rows(Number(cursor ?? 0)),
  next_cursor: cursor === undefined ? '1' : null,
  aws_console_url: 'https://eu-central-1.console.aws.amazon.com/ec2/home#Instances:',
  request_id: 'a4f1c2d3-0000-4444-8888-fixture',
});

function run({ response, id, body }) {
  const found = operations.find(({ name }) => name === id);
  if (!found) return problem(response, 404, 'operation_not_found', 'There is no such operation.');
  const missing = found.parameters.required.filter((key) => body.parameters?.[key] === undefined);
  if (missing.length > 0) {
    return problem(
      response,
      400,
      'invalid_request',
      'The request is not valid.',
      missing.map((key) => ({ field: `parameters.${key}`, message: 'is missing', mend: 'give it' })),
    );
  }
  if (found.effect !== 'read' && body.confirm === undefined) {
    return json(response, 202, {
      confirmation_needed: true,
      operation: id,
      effect: found.effect,
      region: 'eu-central-1',
      account: 'production',
      summary: `${found.title}: ${JSON.stringify(body.parameters)} in production, eu-central-1.`,
      confirm: 'confirm-1',
      expires_at: new Date(Date.now() + 300_000).toISOString(),
    });
  }
  return json(response, 200, result(id, body.cursor));
}

function ask({ response, body }) {
  const words = body.query.toLowerCase();
  const candidates = operations.slice(0, 3).map(({ name, title, effect }, index) => ({
    operation: name,
    title,
    effect,
    score: 0.9 - index * 0.2,
    parameters: name === 'ec2.describe_instances' ? { state: 'running' } : {},
    missing: name === 'ec2.describe_instances' ? [] : ['instance_ids'],
  }));
  const view = (change) => ({
    confirmation_needed: false,
    query: body.query,
    operation: 'ec2.describe_instances',
    parameters: { state: 'running' },
    candidates,
    understood_by: 'local',
    summary: 'Listed the running instances of production in eu-central-1.',
    expires_at: null,
    output: result('ec2.describe_instances', '1'),
    ...change,
  });
  if (words.includes('weather')) {
    return json(
      response,
      200,
      view({ operation: null, parameters: {}, summary: 'No operation fits these words.', output: null }),
    );
  }
  if (words.includes('stop')) {
    return json(
      response,
      200,
      view({
        confirmation_needed: true,
        operation: 'ec2.stop_instances',
        parameters: { instance_ids: ['i-0a1b2c3d4e5f60001'] },
        summary: 'Would stop instance i-0a1b2c3d4e5f60001 in production, eu-central-1.',
        expires_at: new Date(Date.now() + 300_000).toISOString(),
        output: null,
      }),
    );
  }
  return json(response, 200, view({}));
}

export const awsRoutes = [
  [
    'GET',
    /^\/aws\/operations$/,
    ({ response, url }) => {
      const q = (url.searchParams.get('q') ?? '').toLowerCase();
      const items = operations.filter(({ name, title }) => `${name} ${title}`.toLowerCase().includes(q));
      json(response, 200, { items, next_cursor: null });
    },
  ],
  [
    'GET',
    /^\/aws\/operations\/([^/]+)$/,
    ({ response, id }) => {
      const found = operations.find(({ name }) => name === id);
      return found
        ? json(response, 200, found)
        : problem(response, 404, 'operation_not_found', 'There is no such operation.');
    },
  ],
  ['POST', /^\/aws\/operations\/([^/]+)\/run$/, run],
  ['POST', /^\/api\/ask$/, ask],
  [
    'POST',
    /^\/api\/confirm$/,
    ({ response, body }) =>
      json(response, 200, {
        success: true,
        query: body.query,
        operation: 'ec2.stop_instances',
        decision: body.decision === true ? 'confirmed' : 'cancelled',
        summary: body.decision === true ? 'Stopped 1 instance.' : 'Nothing was done.',
        output: body.decision === true ? result('ec2.stop_instances', '1') : null,
      }),
  ],
];
