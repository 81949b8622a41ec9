/** The CodeBuild operations of the stand-in: projects, webhooks, builds, reports. Answers as AWS's API reference says. */
import { createHash, randomUUID } from 'node:crypto';
import { DoubleBuild, type BuildScript, type DoubleReport } from './double-build.js';
import { DoubleRefusal, type Operations } from './double-protocol.js';

type Json = Record<string, unknown>;
export interface DoublePlace {
  readonly accountId: string;
  readonly region: string;
}
const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9\-_]{1,149}$/;
const NAMES_A_LOOK = 100;
const PAGE = 100;

export class DoubleCodeBuild {
  readonly projects = new Map<string, Json>();
  readonly builds = new Map<string, DoubleBuild>();
  private readonly scripts = new Map<string, BuildScript>();
  private readonly reports = new Map<string, DoubleReport>();
  private readonly starts = new Map<string, { readonly asked: string; readonly id: string }>();
  /** The most that ran at once, and how many starts were refused for the limit. */
  mostRunning = 0;
  limitRefusals = 0;

  constructor(
    private readonly place: DoublePlace,
    public limit: number,
  ) {}

  /** `*`: of all projects that have none of their own. */
  script(project: string, script: BuildScript): void {
    this.scripts.set(project, script);
  }
  running(): number {
    return [...this.builds.values()].filter((build) => !build.isComplete()).length;
  }

  readonly operations: Operations = {
    CreateProject: (input) => {
      const name = text(input, 'name');
      if (!PROJECT_NAME.test(name)) throw invalid(`Project name ${name} is not valid`);
      if (this.projects.has(name))
        throw new DoubleRefusal(
          'ResourceAlreadyExistsException',
          `Project already exists: ${this.arn('project', name)}`,
        );
      for (const part of ['source', 'artifacts', 'environment', 'serviceRole'])
        if (input[part] === undefined) throw invalid(`${part} is required`);
      const { badgeEnabled, ...rest } = input;
      const project = { ...rest, arn: this.arn('project', name), created: now(), lastModified: now() };
      this.projects.set(name, this.normal({ encryptionKey: this.defaultKey(), ...project }, badgeEnabled));
      return { project: this.projects.get(name) };
    },
    UpdateProject: (input) => {
      const present = this.project(text(input, 'name'));
      const { badgeEnabled, ...changes } = input;
      const changed = this.normal({ ...present, ...changes, lastModified: now() }, badgeEnabled);
      this.projects.set(text(input, 'name'), changed);
      return { project: changed };
    },
    DeleteProject: (input) => {
      this.projects.delete(text(input, 'name')); // AWS says nothing where there is none
      return {};
    },
    ListProjects: (input) => page([...this.projects.keys()].toSorted(), input, 'projects'),
    BatchGetProjects: (input) => {
      const names = input['names'] as string[];
      if (names.length > NAMES_A_LOOK) throw invalid('At most 100 names');
      return {
        projects: names.flatMap((name) => this.projects.get(name) ?? []),
        projectsNotFound: names.filter((name) => !this.projects.has(name)),
      };
    },
    CreateWebhook: (input) => {
      const project = this.project(text(input, 'projectName'));
      if (project['webhook'] !== undefined)
        throw new DoubleRefusal('ResourceAlreadyExistsException', 'Webhook already exists for project');
      const { type } = project['source'] as { type: string };
      if (!['GITHUB', 'GITHUB_ENTERPRISE', 'GITLAB', 'GITLAB_SELF_MANAGED', 'BITBUCKET'].includes(type))
        throw invalid(`Webhooks are not supported for source type ${type}`);
      const payloadUrl = `https://codebuild.${this.place.region}.amazonaws.com/webhooks?t=${randomUUID()}&v=1`;
      const webhook = {
        url: 'https://api.github.com/repos/acme/shop/hooks/1',
        payloadUrl,
        filterGroups: input['filterGroups'],
        buildType: input['buildType'] ?? 'BUILD',
        status: 'ACTIVE',
      };
      project['webhook'] = webhook;
      return { webhook: { ...webhook, secret: createHash('sha256').update(payloadUrl).digest('hex') } };
    },
    UpdateWebhook: (input) => {
      const project = this.project(text(input, 'projectName'));
      if (project['webhook'] === undefined) throw notFound('Webhook does not exist');
      project['webhook'] = { ...(project['webhook'] as Json), filterGroups: input['filterGroups'] };
      return { webhook: project['webhook'] };
    },
    DeleteWebhook: (input) => {
      delete this.project(text(input, 'projectName'))['webhook'];
      return {};
    },
    StartBuild: (input) => ({ build: this.start(input).toAws() }),
    RetryBuild: (input) => ({ build: this.start(this.build(text(input, 'id')).facts['started'] as Json).toAws() }),
    StopBuild: (input) => {
      const build = this.build(text(input, 'id'));
      build.stop();
      return { build: build.toAws() };
    },
    BatchGetBuilds: (input) => {
      const ids = input['ids'] as string[];
      if (ids.length === 0 || ids.length > NAMES_A_LOOK) throw invalid('Between 1 and 100 ids');
      return {
        builds: ids.flatMap((id) => this.builds.get(id)?.toAws() ?? []),
        buildsNotFound: ids.filter((id) => !this.builds.has(id)),
      };
    },
    ListBuilds: (input) => page([...this.builds.keys()].toReversed(), input, 'ids'),
    ListBuildsForProject: (input) => {
      const name = text(input, 'projectName');
      this.project(name);
      const ids = [...this.builds.values()].filter(({ project }) => project === name).map(({ id }) => id);
      return page(ids.toReversed(), input, 'ids');
    },
    BatchGetReports: (input) => ({
      reports: (input['reportArns'] as string[]).flatMap((arn) => {
        const report = this.reports.get(arn);
        return report === undefined ? [] : [toAwsReport(arn, report)];
      }),
    }),
    DescribeTestCases: (input) => {
      const arn = text(input, 'reportArn');
      const cases = (this.report(arn).cases ?? []).map((test) => ({
        reportArn: arn,
        testRawDataPath: 'report.xml',
        prefix: test.suite,
        name: test.name,
        status: test.status,
        durationInNanoSeconds: Math.round(test.seconds * 1e9),
        testSuiteName: test.suite,
        ...(test.message === undefined ? {} : { message: test.message }),
      }));
      const { status } = (input['filter'] ?? {}) as { status?: string };
      return page(status === undefined ? cases : cases.filter((test) => test.status === status), input, 'testCases');
    },
    DescribeCodeCoverages: (input) => {
      const arn = text(input, 'reportArn');
      const files = (this.report(arn).files ?? []).map((file, index) => ({
        id: String(index),
        reportARN: arn,
        filePath: file.path,
        linesCovered: file.linesCovered,
        linesMissed: file.linesMissed,
        lineCoveragePercentage: (100 * file.linesCovered) / Math.max(1, file.linesCovered + file.linesMissed),
        branchesCovered: file.branchesCovered,
        branchesMissed: file.branchesMissed,
        branchCoveragePercentage:
          (100 * file.branchesCovered) / Math.max(1, file.branchesCovered + file.branchesMissed),
      }));
      if (input['sortBy'] === 'LINE_COVERAGE_PERCENTAGE')
        files.sort((a, b) => a.lineCoveragePercentage - b.lineCoveragePercentage);
      return page(files, input, 'codeCoverages');
    },
  };

  private start(input: Json): DoubleBuild {
    const name = text(input, 'projectName');
    const project = this.project(name);
    const token = input['idempotencyToken'];
    const asked = JSON.stringify(input);
    if (typeof token === 'string') {
      const before = this.starts.get(token);
      if (before !== undefined) {
        if (before.asked !== asked) throw invalid('Idempotency token was used with other parameters');
        return this.build(before.id);
      }
    }
    if (this.running() >= this.limit) {
      this.limitRefusals++;
      throw new DoubleRefusal(
        'AccountLimitExceededException',
        `Cannot have more than ${this.limit} builds in queue for the account`,
      );
    }
    const script = this.scripts.get(name) ?? this.scripts.get('*') ?? {};
    const uuid = randomUUID();
    const id = `${name}:${uuid}`;
    const reportArns = (script.reports ?? []).map((report) => {
      const arn = `arn:aws:codebuild:${this.place.region}:${this.place.accountId}:report/${name}-${report.name}:${randomUUID()}`;
      this.reports.set(arn, report);
      return arn;
    });
    const facts = startedFacts(project, input);
    const number = [...this.builds.values()].filter((build) => build.project === name).length + 1;
    const location = artifactLocation(facts['artifacts'] as Json, uuid);
    const build = new DoubleBuild(id, this.arn('build', id), number, name, facts, script, reportArns, location);
    this.builds.set(id, build);
    if (typeof token === 'string') this.starts.set(token, { asked, id });
    this.mostRunning = Math.max(this.mostRunning, this.running());
    return build;
  }

  private project(name: string): Json {
    const found = this.projects.get(name);
    if (found === undefined) throw notFound(`Project cannot be found: ${this.arn('project', name)}`);
    return found;
  }
  private build(id: string): DoubleBuild {
    const found = this.builds.get(id);
    if (found === undefined) throw notFound(`Build cannot be found: ${id}`);
    return found;
  }
  private report(arn: string): DoubleReport {
    const found = this.reports.get(arn);
    if (found === undefined) throw notFound(`Report cannot be found: ${arn}`);
    return found;
  }
  private arn(kind: string, name: string): string {
    return `arn:aws:codebuild:${this.place.region}:${this.place.accountId}:${kind}/${name}`;
  }
  private defaultKey(): string {
    return `arn:aws:kms:${this.place.region}:${this.place.accountId}:alias/aws/s3`;
  }
  /** As AWS keeps it: what was cleared is absent, a badge has its address. */
  private normal(project: Json, badgeEnabled: unknown): Json {
    const kept = Object.fromEntries(Object.entries(project).filter(([, value]) => value !== '' && value !== -1));
    if (badgeEnabled === undefined) return kept;
    const badgeRequestUrl = `https://codebuild.${this.place.region}.amazonaws.com/badges?uuid=${String(project['name'])}&branch=main`;
    return { ...kept, badge: badgeEnabled === true ? { badgeEnabled, badgeRequestUrl } : { badgeEnabled } };
  }
}

/** The project with the start's overrides laid over it. `started` is kept for RetryBuild. */
function startedFacts(project: Json, input: Json): Json {
  const environment = project['environment'] as Json;
  const source = project['source'] as Json;
  const variables = new Map(
    [
      ...((environment['environmentVariables'] ?? []) as Json[]),
      ...((input['environmentVariablesOverride'] ?? []) as Json[]),
    ].map((variable) => [variable['name'], variable]),
  );
  return {
    started: input,
    source: {
      ...source,
      buildspec: input['buildspecOverride'] ?? source['buildspec'],
      location: input['sourceLocationOverride'] ?? source['location'],
    },
    sourceVersion: input['sourceVersion'] ?? project['sourceVersion'],
    environment: {
      ...environment,
      image: input['imageOverride'] ?? environment['image'],
      computeType: input['computeTypeOverride'] ?? environment['computeType'],
      privilegedMode: input['privilegedModeOverride'] ?? environment['privilegedMode'],
      environmentVariables: [...variables.values()],
    },
    timeoutInMinutes: input['timeoutInMinutesOverride'] ?? project['timeoutInMinutes'],
    artifacts: input['artifactsOverride'] ?? project['artifacts'],
    logsConfig: input['logsConfigOverride'] ?? project['logsConfig'],
    serviceRole: project['serviceRole'],
  };
}
function artifactLocation(artifacts: Json, uuid: string): string | null {
  if (artifacts['type'] !== 'S3') return null;
  const parts = [
    artifacts['location'],
    artifacts['path'],
    artifacts['namespaceType'] === 'BUILD_ID' ? uuid : '',
    artifacts['name'],
  ];
  return `arn:aws:s3:::${parts.filter((part) => typeof part === 'string' && part !== '' && part !== '/').join('/')}`;
}
function toAwsReport(arn: string, { name, cases, files }: DoubleReport): Json {
  const count = (status: string) => cases?.filter((test) => test.status === status).length ?? 0;
  const sum = (of: (file: NonNullable<typeof files>[number]) => number) =>
    files?.reduce((total, file) => total + of(file), 0) ?? 0;
  return {
    arn,
    name: arn.slice(arn.lastIndexOf('/') + 1),
    reportGroupArn: arn.slice(0, arn.lastIndexOf(':')).replace(':report/', ':report-group/'),
    type: cases === undefined ? 'CODE_COVERAGE' : 'TEST',
    status: count('FAILED') + count('ERROR') > 0 ? 'FAILED' : 'SUCCEEDED',
    created: now(),
    truncated: false,
    ...(cases === undefined
      ? {
          codeCoverageSummary: {
            linesCovered: sum((file) => file.linesCovered),
            linesMissed: sum((file) => file.linesMissed),
            branchesCovered: sum((file) => file.branchesCovered),
            branchesMissed: sum((file) => file.branchesMissed),
          },
        }
      : {
          testSummary: {
            total: cases.length,
            statusCounts: Object.fromEntries(
              ['SUCCEEDED', 'FAILED', 'ERROR', 'SKIPPED', 'UNKNOWN'].map((status) => [status, count(status)]),
            ),
            durationInNanoSeconds: Math.round(cases.reduce((total, test) => total + test.seconds, 0) * 1e9),
          },
        }),
    exportConfig: { exportConfigType: 'NO_EXPORT' },
    executionId: name,
  };
}

const now = (): number => Date.now() / 1000;
const text = (input: Json, key: string): string => {
  const value = input[key];
  if (typeof value !== 'string' || value === '') throw invalid(`${key} is required`);
  return value;
};
const invalid = (message: string) => new DoubleRefusal('InvalidInputException', message);
const notFound = (message: string) => new DoubleRefusal('ResourceNotFoundException', message);
/** The token is where the next page begins. */
function page(items: readonly unknown[], input: Json, as: string): Json {
  const size = typeof input['maxResults'] === 'number' ? input['maxResults'] : PAGE;
  const from = Number(input['nextToken'] ?? 0);
  return {
    [as]: items.slice(from, from + size),
    ...(from + size < items.length ? { nextToken: String(from + size) } : {}),
  };
}
