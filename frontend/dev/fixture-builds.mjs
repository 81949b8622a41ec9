/* global setInterval, clearInterval */
/**
 * Canned builds: ended ones of every kind, one that waits, and new ones that run through their phases in ten seconds.
 * The builds, what moves them and who watches them share their state, so they stand in one file.
 */
import { randomUUID } from 'node:crypto';
import { json, list, matching, problem, stream } from './fixture-http.mjs';
import { projects } from './fixture-projects.mjs';
import { REPORTS } from './fixture-reports.mjs';

const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const hex = (length) => Array.from({ length }, () => Math.floor(Math.random() * 16).toString(16)).join('');
const SPANS = [
  ['SUBMITTED', 0.2],
  ['QUEUED', 1.4],
  ['PROVISIONING', 11.8],
  ['DOWNLOAD_SOURCE', 4.1],
  ['INSTALL', 38.4],
  ['PRE_BUILD', 0.3],
  ['BUILD', 61.7],
  ['POST_BUILD', 2.2],
  ['UPLOAD_ARTIFACTS', 3.9],
  ['FINALIZING', 1.1],
  ['COMPLETED', 0],
];

function phasesOf(startedAgo, failedAt = null) {
  let ago = startedAgo;
  const phases = [];
  for (const [name, span] of SPANS) {
    const failed = name === failedAt;
    phases.push({
      name,
      status: failed ? 'failed' : 'succeeded',
      started_at: before(ago),
      ended_at: before(ago - span),
      duration_seconds: span,
      message: failed ? 'COMMAND_EXECUTION_ERROR: Error while executing command' : null,
    });
    ago -= span;
    if (failed) break;
  }
  return phases;
}

let numbers = 40;
function build(project, status, change = {}) {
  const commit = hex(40);
  numbers += 1;
  return {
    id: randomUUID(),
    number: numbers,
    project,
    account: 'local',
    region: 'eu-central-1',
    engine: 'local',
    status,
    status_reason: status === 'succeeded' ? 'every phase succeeded' : 'a phase failed',
    phase: 'COMPLETED',
    phases: phasesOf(3600),
    failure: null,
    queue: null,
    overrides: { variables: [], no_artifacts: false },
    source_version: 'main',
    resolved_commit: commit,
    runtime: 'container',
    image_substituted: null,
    exported_variables: {},
    reports: null,
    artifacts: 0,
    gates: [],
    team: projects.find(({ name }) => name === project)?.team ?? 'default',
    trigger: 'console',
    retry_of: null,
    batch_id: null,
    batch_identifier: null,
    depends_on: [],
    attempt: 1,
    stop_requested: false,
    aws_build_id: null,
    aws_console_url: null,
    duration_seconds: 125,
    billed_minutes: 3,
    cost_usd: 0.015,
    created_by: 'mira',
    created_at: before(3610),
    started_at: before(3600),
    ended_at: before(3475),
    ...change,
  };
}

const shopGood = build('shop', 'succeeded', {
  engine: 'codebuild',
  account: 'production',
  runtime: null,
  aws_build_id: `shop:${randomUUID()}`,
  aws_console_url: 'https://eu-central-1.console.aws.amazon.com/codesuite/codebuild/projects/shop/build/shop',
  exported_variables: { IMAGE_TAG: '4f2c9d1e8b7a', VERSION: '2.4.0' },
  reports: { tests: 48, failed: 2, skipped: 1, line_coverage: 83.2 },
  artifacts: 3,
  trigger: 'webhook',
  gates: [
    { gate: 'tests_passed', passed: false, detail: 'Asked: no test failed. Found: 2 of 48 failed.' },
    { gate: 'line_coverage_min', passed: true, detail: 'Asked: at least 80 %. Found: 83.2 %.' },
    { gate: 'findings_max', passed: true, detail: 'Asked: at most 0 critical and 3 high. Found: 0 and 1.' },
  ],
});
const failed = build('billing-worker', 'failed', {
  runtime: 'host',
  phase: 'INSTALL',
  phases: phasesOf(900, 'INSTALL'),
  status_reason: 'npm ci exited with code 1',
  failure: {
    phase: 'INSTALL',
    command: 'npm ci',
    exit_code: 1,
    message: 'npm ci exited with code 1: package-lock.json and package.json do not match',
    last_lines: [
      'npm error code EUSAGE',
      'npm error `npm ci` can only install packages when your package.json and package-lock.json are in sync.',
      'npm error Missing: left-pad@1.3.0 from lock file',
    ],
  },
  billed_minutes: 1,
  cost_usd: 0,
  created_at: before(910),
  started_at: before(900),
  ended_at: before(844),
  duration_seconds: 56,
  created_by: 'jonas',
});
const waiting = build('shop', 'queued', {
  status_reason: 'waits for a free place in account production',
  engine: 'codebuild',
  account: 'production',
  phase: 'QUEUED',
  phases: [],
  queue: {
    position: 3,
    reason: 'Account production runs 10 of 10 builds.',
    estimated_start_at: before(-140),
    estimated_seconds: 140,
  },
  runtime: null,
  resolved_commit: null,
  duration_seconds: null,
  billed_minutes: null,
  cost_usd: null,
  created_at: before(20),
  started_at: null,
  ended_at: null,
});
export const builds = [
  waiting,
  failed,
  shopGood,
  build('docs', 'stopped', {
    status_reason: 'mira stopped it',
    image_substituted: 'aws/codebuild/standard:7.0',
    cost_usd: 0,
  }),
  build('nightly-report', 'timed_out', {
    status_reason: 'not done after 60 min',
    trigger: 'schedule',
    created_by: 'system',
  }),
  ...Array.from({ length: 32 }, (_, index) =>
    build(projects[index % projects.length].name, index % 7 === 3 ? 'failed' : 'succeeded', {
      created_at: before(8000 + index * 5000),
      trigger: ['api', 'webhook', 'deployment', 'batch'][index % 4],
    }),
  ),
];
for (const project of projects) {
  const last = builds.find((each) => each.project === project.name);
  if (last) project.last_build = last;
}

const COMMANDS = ['npm ci', 'npm test -- --coverage', 'export IMAGE_TAG=4f2c9d1'];
const logs = new Map();
const line = (phase, text, stream = 'stdout') => ({ ts: new Date().toISOString(), phase, stream, text });
function logOf(one) {
  const known = logs.get(one.id);
  if (known) return known;
  const rows = one.phases.flatMap(({ name, status }) => [
    line(name, `entering phase ${name}`, 'system'),
    ...(name === 'BUILD' ? COMMANDS.map((command) => line(name, `\u001b[1m$ ${command}\u001b[0m`)) : []),
    ...(status === 'failed' ? (one.failure?.last_lines ?? []).map((text) => line(name, text, 'stderr')) : []),
  ]);
  logs.set(one.id, rows);
  return rows;
}

function start(project, body) {
  const one = build(project, 'starting', {
    status_reason: 'getting ready',
    phase: 'SUBMITTED',
    phases: [],
    overrides: { variables: [], no_artifacts: false, ...body },
    source_version: body.source_version ?? 'main',
    resolved_commit: null,
    duration_seconds: null,
    billed_minutes: null,
    cost_usd: null,
    created_by: 'admin',
    created_at: before(0),
    started_at: before(0),
    ended_at: null,
  });
  builds.unshift(one);
  const rows = [];
  logs.set(one.id, rows);
  SPANS.forEach(([name], index) => {
    setTimeout(() => {
      if (one.ended_at !== null) return;
      const now = before(0);
      const last = one.phases.at(-1);
      if (last) Object.assign(last, { status: 'succeeded', ended_at: now, duration_seconds: 0.9 });
      one.phases = [
        ...one.phases,
        { name, status: 'in_progress', started_at: now, ended_at: null, duration_seconds: null, message: null },
      ];
      Object.assign(one, { status: 'in_progress', phase: name, status_reason: `phase ${name}` });
      rows.push(line(name, `entering phase ${name}`, 'system'));
      if (name === 'COMPLETED') end(one, 'succeeded', 'every phase succeeded');
    }, 900 * index).unref();
  });
  return one;
}
function end(one, status, reason) {
  const last = one.phases.at(-1);
  if (last) Object.assign(last, { status: status === 'succeeded' ? 'succeeded' : 'stopped', ended_at: before(0) });
  Object.assign(one, {
    status,
    status_reason: reason,
    ended_at: before(0),
    duration_seconds: 9,
    cost_usd: 0,
    billed_minutes: 1,
  });
}

const found = (handle) => (context) => {
  const one = builds.find(({ id }) => id === context.id);
  return one
    ? handle({ ...context, one })
    : problem(context.response, 404, 'build_not_found', 'There is no such build.');
};

function followBuild({ request, response, one }) {
  const { send } = stream(request, response);
  let number = 0;
  let told = '';
  const pump = () => {
    const text = JSON.stringify(one);
    if (text !== told) send('build', one, (number += 1));
    told = text;
    if (one.ended_at === null) return;
    send('end', { status: one.status }, number + 1);
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(pump, 200);
  request.on('close', () => clearInterval(timer));
  pump();
}
function followLog({ request, response, one }) {
  const { last, send } = stream(request, response);
  let next = last;
  const pump = () => {
    const rows = logOf(one);
    for (; next < rows.length; next += 1) send('line', rows[next], next + 1);
    if (one.ended_at === null) return;
    send('end', { status: one.status }, next + 1);
    clearInterval(timer);
    response.end();
  };
  const timer = setInterval(pump, 120);
  request.on('close', () => clearInterval(timer));
  pump();
}

export const buildRoutes = [
  [
    'GET',
    /^\/builds$/,
    list(({ url }) =>
      matching(builds, url.searchParams, ['project', 'status', 'team']).filter(
        ({ ended_at: ended }) => url.searchParams.get('active') !== 'true' || ended === null,
      ),
    ),
  ],
  ['POST', /^\/build-projects\/([^/]+)\/builds$/, ({ response, id, body }) => json(response, 202, start(id, body))],
  ['GET', /^\/builds\/([^/]+)\/events$/, found(followBuild)],
  ['GET', /^\/builds\/([^/]+)\/logs$/, found(followLog)],
  [
    'GET',
    /^\/builds\/([^/]+)\/log$/,
    found(({ response, one }) =>
      response.end(
        logOf(one)
          .map(({ text }) => `${text}\n`)
          .join(''),
      ),
    ),
  ],
  ['GET', /^\/builds\/([^/]+)\/reports$/, found(({ response }) => json(response, 200, { items: REPORTS }))],
  [
    'GET',
    /^\/builds\/([^/]+)\/artifacts$/,
    found(({ response }) =>
      json(response, 200, {
        items: ['dist/server.js', 'dist/assets/main.css', 'sbom.cdx.json'].map((path, index) => ({
          path,
          artifact: index === 2 ? 'sbom' : 'primary',
          size_bytes: [482_113, 18_204, 96_000][index],
          url: `/api/v1/builds/x/artifacts/download?artifact=primary&path=${encodeURIComponent(path)}`,
        })),
      }),
    ),
  ],
  [
    'POST',
    /^\/builds\/([^/]+)\/stop$/,
    found(({ response, one }) => {
      one.stop_requested = true;
      setTimeout(() => end(one, 'stopped', 'admin stopped it'), 900).unref();
      json(response, 202, one);
    }),
  ],
  [
    'POST',
    /^\/builds\/([^/]+)\/retry$/,
    found(({ response, one }) =>
      json(response, 202, Object.assign(start(one.project, one.overrides), { trigger: 'retry', retry_of: one.id })),
    ),
  ],
  ['GET', /^\/builds\/([^/]+)$/, found(({ response, one }) => json(response, 200, one))],
];
