/** Builds of the stand-in for CodeBuild, and all its operations. Answers as AWS's API reference says. */
import { randomUUID } from 'node:crypto';
import { DoubleBuild, type BuildScript } from './double-build.js';
import { DoubleProjects } from './double-projects.js';
import {
  arnOf,
  DoubleRefusal,
  invalid,
  NAMES_A_LOOK,
  notFound,
  page,
  text,
  type DoublePlace,
  type Json,
  type Operations,
} from './double-protocol.js';
import { DoubleReports } from './double-reports.js';

export class DoubleCodeBuild {
  readonly projects: DoubleProjects;
  readonly builds = new Map<string, DoubleBuild>();
  private readonly scripts = new Map<string, BuildScript>();
  private readonly reports = new DoubleReports();
  readonly operations: Operations;
  private readonly starts = new Map<string, { readonly asked: string; readonly id: string }>();
  /** The most that ran at once, and how many starts were refused for the limit. */
  mostRunning = 0;
  limitRefusals = 0;

  constructor(
    private readonly place: DoublePlace,
    public limit: number,
  ) {
    this.projects = new DoubleProjects(place);
    this.operations = { ...this.projects.operations, ...this.reports.operations, ...this.ofBuilds };
  }

  /** `*`: of all projects that have none of their own. */
  script(project: string, script: BuildScript): void {
    this.scripts.set(project, script);
  }
  running(): number {
    return [...this.builds.values()].filter((build) => !build.isComplete()).length;
  }

  private readonly ofBuilds: Operations = {
    StartBuild: (input) => ({ build: this.start(input).toAws() }),
    RetryBuild: (input) => {
      const { idempotencyToken: _token, ...asked } = this.build(text(input, 'id')).facts['started'] as Json;
      return { build: this.start({ ...asked, idempotencyToken: input['idempotencyToken'] }).toAws() };
    },
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
      this.projects.find(name);
      const ids = [...this.builds.values()].filter(({ project }) => project === name).map(({ id }) => id);
      return page(ids.toReversed(), input, 'ids');
    },
  };

  start(input: Json): DoubleBuild {
    const name = text(input, 'projectName');
    const project = this.projects.find(name);
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
      const arn = arnOf(this.place, 'report', `${name}-${report.name}:${randomUUID()}`);
      this.reports.add(arn, report);
      return arn;
    });
    const facts = startedFacts(project, input);
    const number = [...this.builds.values()].filter((build) => build.project === name).length + 1;
    const location = artifactLocation(facts['artifacts'] as Json, uuid);
    const build = new DoubleBuild(
      id,
      arnOf(this.place, 'build', id),
      number,
      name,
      facts,
      script,
      reportArns,
      location,
    );
    this.builds.set(id, build);
    if (typeof token === 'string') this.starts.set(token, { asked, id });
    this.mostRunning = Math.max(this.mostRunning, this.running());
    return build;
  }

  private build(id: string): DoubleBuild {
    const found = this.builds.get(id);
    if (found === undefined) throw notFound(`Build cannot be found: ${id}`);
    return found;
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
    initiator: input['initiator'], // not in AWS: there it is whoever signed
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
