/** A deployer over HTTP on fake engines, with the few calls that its tests share. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import type { TestDatabaseKind } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { request } from 'undici';
import type { DeployerSchema } from '../schema.js';
import { deployerModule } from '../service.js';
import { fakeEngines, type FakeEngines } from './fake-engines.js';

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into data of every shape
  readonly data: any;
}
export interface DeployerHarness {
  readonly engines: FakeEngines;
  readonly service: TestService<DeployerSchema>;
  create(body: object): Promise<DeploymentView>;
  view(id: string): Promise<DeploymentView>;
  /** Waits until `is` holds, as long as the deployment goes on. */
  until(id: string, is: (view: DeploymentView) => boolean): Promise<DeploymentView>;
  ended(id: string): Promise<DeploymentView>;
  /** All events of a stream, to its end (or to the first that `enough` takes). */
  events(path: string, lastEventId?: string, enough?: (event: ServerEvent) => boolean): Promise<ServerEvent[]>;
  stop(): Promise<void>;
}

/** A deployment of which nothing changed for so long does not go on. */
const STUCK_MS = 20_000;

export async function startDeployer(
  kind: TestDatabaseKind,
  env: Record<string, string> = {},
): Promise<DeployerHarness> {
  const engines = await fakeEngines();
  const service = await startTestService<DeployerSchema>(
    deployerModule(() => engines),
    kind,
    { env: { EMBEDDED_REGISTRY: '127.0.0.1:5999', ...env } },
  );
  const view = async (id: string): Promise<DeploymentView> =>
    (await service.send('GET', `/api/v1/deployments/${id}`)).body as DeploymentView;
  const until = async (id: string, is: (view: DeploymentView) => boolean): Promise<DeploymentView> => {
    let seen = '';
    let limit = 0;
    for (;;) {
      const now = await view(id);
      if (is(now)) return now;
      const known = JSON.stringify(now);
      // What goes on is only slow; one that waits behind others is told its new place.
      if (known !== seen) limit = Date.now() + STUCK_MS;
      seen = known;
      if (Date.now() > limit) throw new Error(`deployment ${id} is still ${now.state}: ${now.state_reason}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  };
  return {
    engines,
    service,
    view,
    until,
    ended: (id) => until(id, ({ ended_at }) => ended_at !== null),
    create: async (body) => {
      const answer = await service.send('POST', '/api/v1/deployments', body, { as: 'developer' });
      if (answer.status !== 202) throw new Error(JSON.stringify(answer.body));
      return answer.body as DeploymentView;
    },
    events: async (path, lastEventId, enough = () => false) => {
      const response = await request(`${service.url}${path}`, {
        headers: {
          authorization: 'Bearer viewer',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
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
    },
    stop: () => service.stop(),
  };
}

/** The shortest body that goes the whole way. */
export const gitBody = (application: string, more: object = {}): object => ({
  application,
  source: { type: 'git', repo_url: 'https://git.test/shop.git', ref: 'main' },
  monitor_seconds: 0,
  ...more,
});
