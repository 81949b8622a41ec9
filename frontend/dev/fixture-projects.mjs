/** Canned build projects, templates and the check of a buildspec: a tab, or a phase that is none, is a problem. */
import { randomUUID } from 'node:crypto';
import { json, list, problem } from './fixture-http.mjs';

const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

export const BUILDSPEC = `version: 0.2

env:
  variables:
    NODE_ENV: test
  exported-variables:
    - IMAGE_TAG

phases:
  install:
    commands:
      - npm ci
  build:
    commands:
      - npm test -- --coverage
      - export IMAGE_TAG=$CODEBUILD_RESOLVED_SOURCE_VERSION
  post_build:
    commands:
      - echo "done"

reports:
  unit:
    files: ['junit.xml']
    file-format: JUNITXML

artifacts:
  files:
    - dist/**/*
`;

function project(name, change = {}) {
  return {
    id: randomUUID(),
    name,
    account: 'local',
    region: 'eu-central-1',
    engine: 'local',
    arn: null,
    description: '',
    source: {
      type: 'github',
      location: `https://github.com/acme/${name}.git`,
      version: 'main',
      clone_depth: 1,
      submodules: false,
    },
    buildspec: { type: 'file', path: 'buildspec.yml' },
    environment: {
      image: 'aws/codebuild/standard:7.0',
      type: 'LINUX_CONTAINER',
      compute: 'BUILD_GENERAL1_SMALL',
      privileged: false,
      variables: [],
    },
    artifacts: { type: 'none' },
    cache: { type: 'none' },
    vpc: null,
    logs: { cloudwatch: { enabled: true }, s3: { enabled: false } },
    service_role: null,
    timeout_minutes: 60,
    queued_timeout_minutes: 480,
    concurrent_build_limit: null,
    badge: false,
    webhook: null,
    tags: {},
    team: 'default',
    quality_gates: { tests_passed: false, image_signed: false },
    webhook_url: null,
    badge_url: null,
    aws_console_url: null,
    imported: false,
    last_build: null,
    created_by: 'jonas',
    created_at: before(86_400 * 12),
    updated_at: before(7200),
    ...change,
  };
}

const onAws = {
  account: 'production',
  engine: 'codebuild',
  arn: 'arn:aws:codebuild:eu-central-1:123456789012:project/shop',
  aws_console_url: 'https://eu-central-1.console.aws.amazon.com/codesuite/codebuild/projects/shop',
};
export const projects = [
  project('shop', {
    ...onAws,
    description: 'The storefront and its checkout',
    buildspec: { type: 'inline', text: BUILDSPEC },
    environment: {
      image: 'aws/codebuild/standard:7.0',
      type: 'LINUX_CONTAINER',
      compute: 'BUILD_GENERAL1_MEDIUM',
      privileged: true,
      variables: [
        { name: 'NODE_ENV', value: 'test', type: 'PLAINTEXT' },
        { name: 'NPM_TOKEN', value: 'npm:token', type: 'SECRETS_MANAGER' },
        { name: 'DATABASE_URL', value: '/shop/ci/database-url', type: 'PARAMETER_STORE' },
      ],
    },
    artifacts: {
      type: 's3',
      bucket: 'acme-builds',
      path: 'shop',
      packaging: 'zip',
      namespace: 'build_id',
      encryption: true,
    },
    cache: { type: 'local', modes: ['custom', 'docker_layer'] },
    badge: true,
    badge_url: '/favicon.svg',
    webhook: {
      filter_groups: [
        [
          { type: 'EVENT', pattern: 'PUSH', exclude: false },
          { type: 'HEAD_REF', pattern: '^refs/heads/main$', exclude: false },
        ],
      ],
    },
    webhook_url: '/api/v1/build-projects/shop/webhook',
    team: 'storefront',
    tags: { 'cost-center': '4711', owner: 'storefront' },
    quality_gates: {
      tests_passed: true,
      line_coverage_min: 80,
      findings_max: { critical: 0, high: 3 },
      image_signed: false,
    },
  }),
  project('billing-worker', { team: 'billing', description: 'Sends invoices at night' }),
  project('docs', {
    source: { type: 'gitlab', location: 'https://gitlab.com/acme/docs.git', clone_depth: 1, submodules: true },
    team: 'docs',
  }),
  project('legacy-batch-import-with-a-rather-long-name', {
    ...onAws,
    imported: true,
    source: { type: 's3', location: 'acme-sources/batch/import.zip', clone_depth: 1, submodules: false },
    team: 'data',
  }),
  project('nightly-report', {
    source: { type: 'none', clone_depth: 1, submodules: false },
    buildspec: { type: 'inline', text: 'version: 0.2\nphases:\n  build:\n    commands:\n      - ./report.sh\n' },
    team: 'data',
  }),
];

const TEMPLATES = [
  ['node', 'Node', 'npm ci, tests with a JUnit report, build'],
  ['python', 'Python', 'pip install, pytest with coverage'],
  ['java', 'Java', 'Maven or Gradle with Surefire reports'],
  ['docker', 'Docker image', 'docker build, push to ECR'],
].map(([template, title, description]) => ({ template, title, description, text: `# ${title}\n${BUILDSPEC}` }));

const PHASES = ['install', 'pre_build', 'build', 'post_build'];
function check(text) {
  const problems = [];
  const warnings = [];
  const found = (line, column, message, mend) => ({ line, column, path: '', message, mend });
  let inPhases = false;
  text.split('\n').forEach((line, index) => {
    if (line.includes('\t')) {
      problems.push(found(index + 1, line.indexOf('\t') + 1, 'A tab cannot indent YAML.', 'Use spaces.'));
    }
    if (/^\S/.test(line)) inPhases = line.startsWith('phases:');
    const phase = /^ {2}([\w-]+):/.exec(line)?.[1];
    if (inPhases && phase !== undefined && !PHASES.includes(phase)) {
      problems.push(found(index + 1, 3, `There is no phase ${phase}.`, `Use one of ${PHASES.join(', ')}.`));
    }
    if (line.startsWith('version: 0.1')) {
      warnings.push(found(index + 1, 10, 'Version 0.1 runs each command in a shell of its own.', 'Use 0.2.'));
    }
  });
  if (!/^version:/m.test(text)) problems.push(found(1, 1, 'The version is missing.', 'Begin with version: 0.2.'));
  return { valid: problems.length === 0, problems, warnings };
}

const named = (handle) => (context) => {
  const found = projects.find(({ name }) => name === context.id);
  return found
    ? handle({ ...context, project: found })
    : problem(context.response, 404, 'build_project_not_found', 'There is no such build project.');
};

function create({ response, body }) {
  if (projects.some(({ name }) => name === body.name)) {
    return problem(response, 409, 'build_project_exists', 'The request conflicts with what is there.', [
      { field: 'name', message: 'is taken already', mend: 'choose another name' },
    ]);
  }
  const made = project(body.name, {
    ...body,
    webhook_url: body.webhook ? `/api/v1/build-projects/${body.name}/webhook` : null,
  });
  projects.unshift(made);
  return json(response, 201, { ...made, webhook_secret: body.webhook ? 'whs_9f2c41b7a6e5d4c3b2a1' : null });
}

export const projectRoutes = [
  [
    'GET',
    /^\/build-projects$/,
    list(({ url }) => {
      const wanted = (key) => url.searchParams.get(key) ?? '';
      return projects.filter(
        ({ name, account, team }) =>
          name.includes(wanted('q')) &&
          (wanted('account') === '' || account === wanted('account')) &&
          (wanted('team') === '' || team === wanted('team')),
      );
    }),
  ],
  ['POST', /^\/build-projects$/, create],
  ['GET', /^\/build-projects\/templates$/, ({ response }) => json(response, 200, { items: TEMPLATES })],
  ['POST', /^\/build-projects\/check-buildspec$/, ({ response, body }) => json(response, 200, check(body.text))],
  [
    'GET',
    /^\/build-projects\/importable$/,
    ({ response }) =>
      json(response, 200, {
        items: ['shop', 'payments', 'mobile-api', 'warehouse'].map((name) => ({
          name,
          arn: `arn:aws:codebuild:eu-central-1:123456789012:project/${name}`,
          description: name === 'payments' ? 'Card payments' : '',
          known: name === 'shop',
        })),
      }),
  ],
  [
    'POST',
    /^\/build-projects\/import$/,
    ({ response, body }) => json(response, 200, { imported: body.names, skipped: [], lost: [] }),
  ],
  ['GET', /^\/build-projects\/([^/]+)$/, named(({ response, project: found }) => json(response, 200, found))],
  [
    'PATCH',
    /^\/build-projects\/([^/]+)$/,
    named(({ response, project: found, body }) =>
      json(response, 200, { ...Object.assign(found, body), webhook_secret: null }),
    ),
  ],
  [
    'DELETE',
    /^\/build-projects\/([^/]+)$/,
    named(({ response, project: found }) => {
      projects.splice(projects.indexOf(found), 1);
      json(response, 204);
    }),
  ],
  [
    'POST',
    /^\/build-projects\/([^/]+)\/clone$/,
    named(({ response, project: found, body }) => {
      const made = { ...found, id: randomUUID(), name: body.name, last_build: null };
      projects.unshift(made);
      json(response, 201, { ...made, webhook_secret: null });
    }),
  ],
];
