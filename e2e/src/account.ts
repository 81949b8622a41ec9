/**
 * What a deployment that ended otherwise than it should leaves to be read: its record, its events and log, what the cluster
 * and the Docker Engine have of its pods, and the log of the services. For a scene that failed where nobody can look.
 */
import { Client, request, type Dispatcher } from 'undici';
import type { PlatformApi } from './platform-api.js';
import type { StartedPlatform } from './started-platform.js';

const LOG_LINES = 400;
/** A stream of a deployment that goes on has no end. */
const ANSWER_MS = 5_000;
const CLUSTER_LISTS = [
  '/apis/apps/v1/deployments',
  '/apis/apps/v1/replicasets',
  '/api/v1/pods',
  '/apis/discovery.k8s.io/v1/endpointslices',
  '/api/v1/events',
];

/** Never rejects: what cannot be asked says why. */
export async function accountOf(platform: StartedPlatform, api: PlatformApi, deploymentId: string): Promise<string> {
  const path = `/api/v1/deployments/${deploymentId}`;
  const ofApi = (name: string) => async () => (await api.get(path + name)).body as unknown;
  const parts: readonly (readonly [title: string, ask: () => Promise<unknown>])[] = [
    ['the deployment', ofApi('')],
    ['its pods', ofApi('/pods')],
    ['its events', ofApi('/events')],
    ['its log', ofApi('/logs')],
    ...CLUSTER_LISTS.map((list) => [list, () => clusterList(platform.clusterUrl + list)] as const),
    ['containers of the engine', () => containersOf(process.env['TEST_DOCKER_HOST'])],
    ['output of the process', () => Promise.resolve(platform.output)],
    ['log of the services', async () => (await platform.log()).split('\n').slice(-LOG_LINES).join('\n')],
  ];
  const texts = await Promise.all(parts.map(async ([title, ask]) => `--- ${title}\n${await textOf(ask)}`));
  return `What is left of deployment ${deploymentId}:\n${texts.join('\n')}`;
}

async function textOf(ask: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${String(ANSWER_MS)} ms`)), ANSWER_MS);
  });
  try {
    const value = await Promise.race([ask(), late]);
    return typeof value === 'string' ? value : JSON.stringify(value, undefined, 1);
  } catch (error) {
    return `(cannot be told: ${error instanceof Error ? error.message : String(error)})`;
  } finally {
    clearTimeout(timer);
  }
}

/** One line per object, without what nobody reads. */
async function clusterList(url: string): Promise<string> {
  const { body } = await request(url);
  const { items } = (await body.json()) as { items: { metadata: Record<string, unknown> }[] };
  return items
    .map(({ metadata: { managedFields: _fields, ...metadata }, ...rest }) => JSON.stringify({ metadata, ...rest }))
    .join('\n');
}

async function containersOf(dockerHost: string | undefined): Promise<string> {
  if (dockerHost === undefined) return '(no engine)';
  const client = dockerHost.startsWith('unix://')
    ? new Client('http://engine', { socketPath: dockerHost.slice('unix://'.length) })
    : new Client(dockerHost.replace(/^tcp:/, 'http:'));
  try {
    const ask: Dispatcher.RequestOptions = { method: 'GET', path: '/containers/json?all=true' };
    return await (await client.request(ask)).body.text();
  } finally {
    await client.destroy();
  }
}
