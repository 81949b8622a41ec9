import { BUILDSPEC_TEMPLATES } from '@aws-deployer/platform/contracts/build-projects';
import { describe, expect, test } from 'vitest';
import { templateText } from './buildspec-templates.js';
import { parseBuildspec } from './parse-buildspec.js';

const WHOLE = `version: 0.2
run-as: builder
env:
  shell: bash
  variables:
    LEVEL: 3.10
    ANSWER: yes
    EMPTY:
  parameter-store:
    TOKEN: /app/token
  secrets-manager:
    KEY: arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf:key:AWSCURRENT
  exported-variables: [LEVEL]
  git-credential-helper: yes
proxy:
  upload-artifacts: no
  logs: yes
phases:
  install:
    run-as: root
    runtime-versions:
      nodejs: 20
      python: 3.10
    commands:
      - npm ci
    finally:
      - echo always
  pre_build:
    on-failure: CONTINUE
    commands: [echo "a", true]
  build:
    on-failure: RETRY-2-timed out|ECONNRESET
    commands:
      - |
        one
        two
      - 'echo "a: b"'
  post_build:
    on-failure: RETRY-5
    commands:
      - ls
reports:
  unit:
    files: '**/*.xml'
    base-directory: target
    discard-paths: yes
  coverage:
    files: [c.xml]
    file-format: coberturaxml
artifacts:
  files: ['**/*']
  name: app-$(date +%F)
  discard-paths: no
  base-directory: dist
  exclude-paths: ['**/*.map']
  enable-symlinks: yes
  s3-prefix: nightly
  secondary-artifacts:
    docs:
      files: ['docs/**/*']
cache:
  key: npm-$(codebuild-hash-files package-lock.json)
  fallback-keys: [npm-]
  action: restore
  paths: [node_modules/**/*]
batch:
  fast-fail: false
  build-graph:
    - identifier: first
      env: {compute-type: BUILD_GENERAL1_SMALL, variables: {A: b}}
    - identifier: second
      buildspec: other.yml
      debug-session: false
      depend-on: [first]
      ignore-failure: true
`;

const asTheProject = { compute: null, fleet: null, image: null, privileged: null, type: null, variables: {} };

test('every part of the reference is read, scalars as they are written', () => {
  const { buildspec, problems, warnings } = parseBuildspec(WHOLE);
  expect(problems).toEqual([]);
  expect(warnings).toEqual([]);
  expect(buildspec).toEqual({
    runAs: 'builder',
    env: {
      shell: 'bash',
      variables: { LEVEL: '3.10', ANSWER: 'yes', EMPTY: '' },
      parameterStore: { TOKEN: '/app/token' },
      secretsManager: { KEY: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:app-AbCdEf:key:AWSCURRENT' },
      exportedVariables: ['LEVEL'],
      gitCredentialHelper: true,
    },
    proxy: { uploadArtifacts: false, logs: true },
    phases: {
      install: { runAs: 'root', onFailure: { type: 'default' }, commands: ['npm ci'], finally: ['echo always'] },
      pre_build: { runAs: null, onFailure: { type: 'continue' }, commands: ['echo "a"', 'true'], finally: [] },
      build: {
        runAs: null,
        onFailure: { type: 'retry', times: 2, pattern: 'timed out|ECONNRESET' },
        commands: ['one\ntwo\n', 'echo "a: b"'],
        finally: [],
      },
      post_build: { runAs: null, onFailure: { type: 'retry', times: 5, pattern: null }, commands: ['ls'], finally: [] },
    },
    runtimeVersions: { nodejs: '20', python: '3.10' },
    reports: [
      { group: 'unit', files: ['**/*.xml'], baseDirectory: 'target', discardPaths: true, format: 'JUNITXML' },
      { group: 'coverage', files: ['c.xml'], baseDirectory: null, discardPaths: false, format: 'COBERTURAXML' },
    ],
    artifacts: {
      files: ['**/*'],
      name: 'app-$(date +%F)',
      discardPaths: false,
      baseDirectory: 'dist',
      excludePaths: ['**/*.map'],
      enableSymlinks: true,
      s3Prefix: 'nightly',
    },
    secondaryArtifacts: {
      docs: {
        files: ['docs/**/*'],
        name: null,
        discardPaths: false,
        baseDirectory: null,
        excludePaths: [],
        enableSymlinks: false,
        s3Prefix: null,
      },
    },
    cache: {
      key: 'npm-$(codebuild-hash-files package-lock.json)',
      fallbackKeys: ['npm-'],
      action: 'restore',
      paths: ['node_modules/**/*'],
    },
    batch: {
      fastFail: false,
      builds: {
        kind: 'graph',
        tasks: [
          {
            identifier: 'first',
            buildspec: null,
            ignoreFailure: false,
            environment: { ...asTheProject, compute: 'BUILD_GENERAL1_SMALL', variables: { A: 'b' } },
            dependsOn: [],
          },
          {
            identifier: 'second',
            buildspec: 'other.yml',
            ignoreFailure: true,
            environment: asTheProject,
            dependsOn: ['first'],
          },
        ],
      },
    },
  });
});

test.each(BUILDSPEC_TEMPLATES)('the template %s passes the check it is offered beside, with nothing to say', (name) => {
  const { buildspec, problems, warnings } = parseBuildspec(templateText(name));
  expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
  expect(buildspec?.phases.build?.commands.length).toBeGreaterThan(0);
});

const phases = 'phases:\n  build:\n    commands:\n      - make\n';
const BAD: readonly (readonly [
  string,
  string,
  { line: number; column: number; path: string; says: RegExp; mend: RegExp },
])[] = [
  ['nothing', '# only a comment\n', { line: 1, column: 1, path: '', says: /empty/, mend: /version: 0\.2/ }],
  ['a list', '- make\n', { line: 1, column: 1, path: '', says: /mapping/, mend: /version: 0\.2/ }],
  ['no version', phases, { line: 1, column: 1, path: 'version', says: /missing/, mend: /version: 0\.2/ }],
  ['version 0.1', `version: 0.1\n${phases}`, { line: 1, column: 10, path: 'version', says: /0\.1/, mend: /0\.2/ }],
  ['version 1', `version: 1\n${phases}`, { line: 1, column: 10, path: 'version', says: /must be 0\.2/, mend: /0\.2/ }],
  ['no phases', 'version: 0.2\n', { line: 1, column: 1, path: 'phases', says: /missing/, mend: /phases:/ }],
  [
    'a slip in a key',
    'version: 0.2\nphases:\n  build:\n    comands:\n      - make\n    commands: [a]\n',
    { line: 4, column: 5, path: 'phases.build.comands', says: /not known/, mend: /did you mean commands\?/ },
  ],
  [
    'prebuild without its underscore',
    'version: 0.2\nphases:\n  prebuild:\n    commands: [a]\n',
    { line: 3, column: 3, path: 'phases.prebuild', says: /not known/, mend: /pre_build/ },
  ],
  [
    'a command with ": "',
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo "version: 2"\n',
    {
      line: 5,
      column: 9,
      path: 'phases.build.commands[0]',
      says: /reads this command as a mapping/,
      mend: /'echo "version: 2"'/,
    },
  ],
  [
    'a command with two ": "',
    'version: 0.2\nphases:\n  build:\n    commands:\n      - echo a: b: c\n',
    { line: 5, column: 17, path: '', says: /mapping/, mend: /in quotes/ },
  ],
  [
    'an empty command',
    'version: 0.2\nphases:\n  build:\n    commands:\n      - make\n      -\n',
    { line: 6, column: 8, path: 'phases.build.commands[1]', says: /empty/, mend: /remove the line/ },
  ],
  [
    'a command that begins with *',
    'version: 0.2\nphases:\n  build:\n    commands:\n      - *.sh\n',
    { line: 5, column: 9, path: '', says: /begins with \*/, mend: /in quotes/ },
  ],
  ['a tab', 'version: 0.2\nphases:\n\tbuild:\n', { line: 3, column: 1, path: '', says: /Tabs/, mend: /spaces/ }],
  [
    'a key twice',
    `version: 0.2\n${phases}phases:\n`,
    { line: 6, column: 1, path: 'phases', says: /twice/, mend: /keep one/ },
  ],
  [
    'runtimes in the wrong phase',
    'version: 0.2\nphases:\n  build:\n    runtime-versions: {nodejs: 20}\n    commands: [a]\n',
    { line: 4, column: 5, path: 'phases.build.runtime-versions', says: /not known/, mend: /phases\.install/ },
  ],
  [
    'an unknown reaction',
    'version: 0.2\nphases:\n  build:\n    on-failure: CONTINIUE\n    commands: [a]\n',
    { line: 4, column: 17, path: 'phases.build.on-failure', says: /RETRY-count/, mend: /CONTINUE/ },
  ],
  [
    'a regular expression that is none',
    'version: 0.2\nphases:\n  build:\n    on-failure: RETRY-2-(\n    commands: [a]\n',
    { line: 4, column: 17, path: 'phases.build.on-failure', says: /regular expression/i, mend: /after RETRY-/ },
  ],
  [
    'a flag that is none',
    `version: 0.2\n${phases}artifacts:\n  files: [a]\n  discard-paths: maybe\n`,
    { line: 8, column: 18, path: 'artifacts.discard-paths', says: /yes or no/, mend: /yes or no/ },
  ],
  [
    'a report without files',
    `version: 0.2\n${phases}reports:\n  unit:\n    file-format: JUNITXML\n`,
    { line: 7, column: 3, path: 'reports.unit', says: /no files/, mend: /files:/ },
  ],
  [
    'a report format that is none',
    `version: 0.2\n${phases}reports:\n  unit:\n    files: [a]\n    file-format: JUNITXLM\n`,
    { line: 9, column: 18, path: 'reports.unit.file-format', says: /COBERTURAXML/, mend: /did you mean JUNITXML/ },
  ],
  [
    'a name that is no variable',
    `version: 0.2\nenv:\n  variables:\n    MY-VAR: a\n${phases}`,
    { line: 4, column: 5, path: 'env.variables.MY-VAR', says: /no name/, mend: /underscores/ },
  ],
  [
    'a variable with a list',
    `version: 0.2\nenv:\n  variables:\n    A:\n      - b\n${phases}`,
    { line: 5, column: 7, path: 'env.variables.A', says: /single value/, mend: /one value/ },
  ],
  [
    'two kinds of batch',
    `version: 0.2\n${phases}batch:\n  build-list: []\n  build-graph: []\n`,
    { line: 6, column: 1, path: 'batch', says: /build-list and build-graph/, mend: /exactly one/ },
  ],
  [
    'tasks that wait for each other',
    `version: 0.2\n${phases}batch:\n  build-graph:\n    - {identifier: a, depend-on: [b]}\n    - {identifier: b, depend-on: [a]}\n`,
    { line: 7, column: 3, path: 'batch.build-graph', says: /a → b → a/, mend: /take one/ },
  ],
  [
    'a task that waits for nobody',
    `version: 0.2\n${phases}batch:\n  build-graph:\n    - {identifier: a, depend-on: [c]}\n`,
    { line: 8, column: 35, path: 'batch.build-graph[0].depend-on[0]', says: /no task "c"/, mend: /use one of: a/ },
  ],
  [
    'a fan-out without its number',
    `version: 0.2\n${phases}batch:\n  build-fanout:\n    ignore-failure: true\n`,
    { line: 7, column: 3, path: 'batch.build-fanout.parallelism', says: /whole number/, mend: /how many/ },
  ],
];
test.each(BAD)('%s is refused at its place, with the mend', (_name, text, { line, column, path, says, mend }) => {
  const { buildspec, problems } = parseBuildspec(text);
  expect(buildspec).toBeNull();
  const at = problems.find((problem) => problem.path === path && says.test(problem.message));
  expect(at, JSON.stringify(problems)).toMatchObject({ line, column });
  expect(at?.mend).toMatch(mend);
});

test('all problems are told at once, in the order of their lines', () => {
  const { problems } = parseBuildspec('versoin: 0.2\nphases:\n  biuld:\n    commands: [a]\nartefacts:\n  files: [a]\n');
  expect(problems.map(({ path }) => path)).toEqual(['versoin', 'version', 'phases.biuld', 'artefacts']);
});

describe('warnings keep nothing from running', () => {
  test.each([
    ['no command anywhere', 'phases:\n  build:\n    commands: []\n', /no phase runs/],
    ['a phase without commands', `${phases}  post_build:\n`, /runs nothing/],
    ['an unknown runtime', `${phases}  install:\n    runtime-versions: {node: 20}\n`, /no runtime/],
    ['artifacts without files', `${phases}artifacts:\n  name: a\n`, /names no files/],
    ['a cache without paths', `${phases}cache:\n  key: a\n`, /names no paths/],
    ['one command instead of a list', 'phases:\n  build:\n    commands: make\n', /not a list/],
    ['a reserved variable', `${phases}env:\n  variables: {CODEBUILD_X: a}\n`, /kept for CodeBuild/],
    ['a variable in two places', `${phases}env:\n  variables: {A: a}\n  parameter-store: {A: b}\n`, /also set/],
    ['a secret that is exported', `${phases}env:\n  parameter-store: {A: b}\n  exported-variables: [A]\n`, /a secret/],
    ['fall-back keys alone', `${phases}cache:\n  paths: [a]\n  fallback-keys: [b]\n`, /without cache.key/],
    ['a tag of another tool', `${phases}env:\n  variables:\n    A: !Sub b\n`, /Unresolved tag/],
  ])('%s', (_name, text, says) => {
    const { buildspec, problems, warnings } = parseBuildspec(`version: 0.2\n${text}`);
    expect(problems).toEqual([]);
    expect(buildspec).not.toBeNull();
    expect(
      warnings.some(({ message }) => says.test(message)),
      JSON.stringify(warnings),
    ).toBe(true);
  });
});

test('anchors and merged mappings are followed, also one that stands in itself', () => {
  const text = `version: 0.2
env:
  variables: &all
    A: one
    B: two
phases:
  build:
    commands: &steps
      - make
  post_build:
    commands: *steps
batch:
  build-list:
    - identifier: a
      env:
        variables:
          <<: *all
          B: three
`;
  const { buildspec, problems } = parseBuildspec(text);
  expect(problems).toEqual([]);
  expect(buildspec?.phases.post_build?.commands).toEqual(['make']);
  const { buildspec: circular } = parseBuildspec(
    `version: 0.2\n${phases}env:\n  variables: &self\n    A: b\n    <<: *self\n`,
  );
  expect(circular?.env.variables).toEqual({ A: 'b' });
});

test('a text that is made to take long is read as fast as any other', () => {
  const head = 'version: 0.2\nenv:\n  shell: &a bash\n';
  const hostile = [
    `${head}phases:\n  build:\n    commands:\n${'      - *a\n'.repeat(9_000)}`,
    `${head}  variables:\n${Array.from({ length: 9_000 }, (_, index) => `    A${String(index)}: b\n`).join('')}`,
    `${head}phases: ${'['.repeat(50_000)}`,
    `${head}phases:\n  build:\n    commands:\n      - ${'- '.repeat(40_000)}a\n`,
  ];
  for (const text of hostile) {
    const began = performance.now();
    const { problems } = parseBuildspec(text);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(problems.length).toBeLessThanOrEqual(100);
  }
  expect(parseBuildspec(hostile[2] ?? '').problems[0]?.message).toMatch(/nested too deeply/);
});

test('a text that is far too long is refused before it is read', () => {
  expect(parseBuildspec('#'.repeat(1_000_001)).problems[0]?.message).toMatch(/1000001 characters/);
});
