/** The service over HTTP on fake engines, with the few calls that the tests of builds share. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices, type Running } from '@aws-deployer/platform/runtime/run-services';
import type { TestDatabaseKind } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { request } from 'undici';
import { PACES, type Pace } from '../builds/pace.js';
import type { MakeEngines } from '../engines.js';
import type { CodebuildSchema } from '../schema.js';
import { codebuildModule } from '../service.js';
import { FakeBuildEngine } from './fake-build-engine.js';
import { sampleProject } from './sample-project.js';

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into data of every shape
  readonly data: any;
}
export interface FakeEngines {
  readonly local: FakeBuildEngine;
  readonly codebuild: FakeBuildEngine;
}
export interface BuildsHarness {
  readonly service: TestService<CodebuildSchema>;
  readonly engines: FakeEngines;
  project(name: string, more?: Parameters<typeof sampleProject>[2]): Promise<void>;
  start(project: string, body?: object): Promise<BuildView>;
  view(id: string): Promise<BuildView>;
  /** Waits until `is` holds. */
  until(id: string, is: (view: BuildView) => boolean): Promise<BuildView>;
  ended(id: string): Promise<BuildView>;
  /** Action types about this target, in their order. */
  actions(target: string): Promise<string[]>;
  /** All events of a stream, to its end (or to the first that `enough` takes). */
  events(path: string, lastEventId?: string, enough?: (event: ServerEvent) => boolean): Promise<ServerEvent[]>;
  /** Another process on the same database, with engines of its own. */
  second(engines?: FakeEngines, env?: Record<string, string>): Promise<Running>;
  stop(): Promise<void>;
}

/** Waits for a condition; it says what it waited for when it waits too long. */
export async function until(what: string, is: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const limit = Date.now() + limitMs;
  while (!(await is())) {
    if (Date.now() > limit) throw new Error(`still not so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Both engines are asked as often as the local one, and quicker. */
const quick: Pace = {
  ...PACES.local,
  observeMs: () => 20,
  logMs: () => 20,
  elsewhereMs: 100,
  backOffMs: 20,
  mostBackOffMs: 200,
};
export const fakeEngines = (): FakeEngines => ({
  local: new FakeBuildEngine('local'),
  codebuild: new FakeBuildEngine('codebuild'),
});
const makeFakes =
  (engines: FakeEngines): MakeEngines =>
  () => ({
    builds: { local: engines.local, codebuild: engines.codebuild },
    paces: { local: quick, codebuild: quick },
    start: async () => undefined,
    close: async () => undefined,
  });

export async function startBuilds(kind: TestDatabaseKind, env: Record<string, string> = {}): Promise<BuildsHarness> {
  const engines = fakeEngines();
  const service = await startTestService<CodebuildSchema>(codebuildModule(makeFakes(engines)), kind, { env });
  const others: Running[] = [];
  const { db } = service.test.database;
  const view = async (id: string): Promise<BuildView> =>
    (await service.send('GET', `/api/v1/builds/${id}`)).body as BuildView;
  const untilView = async (id: string, is: (view: BuildView) => boolean): Promise<BuildView> => {
    let now = await view(id);
    await until(`build ${id}`, async () => is((now = await view(id)))).catch((error: unknown) => {
      throw new Error(`build ${id} is still ${now.status}: ${now.status_reason}`, { cause: error });
    });
    return now;
  };
  return {
    service,
    engines,
    view,
    until: untilView,
    ended: (id) => untilView(id, ({ ended_at }) => ended_at !== null),
    project: async (name, more) => {
      await sampleProject(db, name, more);
    },
    start: async (project, body = {}) => {
      const answer = await service.send('POST', `/api/v1/build-projects/${project}/builds`, body, { as: 'devops' });
      if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
      return answer.body as BuildView;
    },
    actions: async (target) =>
      (await db.selectFrom('outbox').select('record').orderBy('seq').execute())
        .map(({ record }) => JSON.parse(record) as { target: string; action_type: string })
        .filter((record) => record.target === target)
        .map(({ action_type }) => action_type),
    events: (path, lastEventId, enough = () => false) => readEvents(`${service.url}${path}`, lastEventId, enough),
    second: async (own = fakeEngines(), more = {}) => {
      const running = await runServices({
        port: 0,
        host: '127.0.0.1',
        allInOne: true,
        log: silentLogger,
        services: [
          { module: codebuildModule(makeFakes(own)), env: { MODE: 'local', ...service.test.env, ...env, ...more } },
        ],
      });
      others.push(running);
      return running;
    },
    stop: async () => {
      await Promise.all(others.map((other) => other.stop()));
      await service.stop();
    },
  };
}

async function readEvents(
  url: string,
  lastEventId: string | undefined,
  enough: (event: ServerEvent) => boolean,
): Promise<ServerEvent[]> {
  const response = await request(url, {
    headers: { authorization: 'Bearer devops', ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) },
  });
  const events: ServerEvent[] = [];
  let rest = '';
  for await (const chunk of response.body) {
    rest += String(chunk);
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const data = field('data');
      if (data === undefined) continue;
      const event = { id: field('id'), event: field('event') ?? '', data: JSON.parse(data) as unknown };
      events.push(event);
      if (enough(event)) return events; // leaving the loop closes the answer
    }
  }
  return events;
}
