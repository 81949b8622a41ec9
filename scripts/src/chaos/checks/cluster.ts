/**
 * What runs is what the records say: of each application exactly its live release, with as many pods, behind one Service, and
 * nothing of any other. How it came there is followed during the run: no release was rolled out more often than it was asked for.
 */
import { nothingWasChanged } from '@aws-deployer/deployer/deployments/deployment';
import { LABEL } from '@aws-deployer/deployer/deployments/manifests/identity';
import type { DeployerSchema } from '@aws-deployer/deployer/schema';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';
import { request } from 'undici';
import { NAMESPACE, type Asked } from '../traffic.js';
import type { Loss } from './loss.js';

interface KubeObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
  };
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } };
  };
  readonly status?: { readonly phase?: string; readonly replicas?: number };
}
const KINDS = {
  Deployment: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  ReplicaSet: `/apis/apps/v1/namespaces/${NAMESPACE}/replicasets`,
  Pod: `/api/v1/namespaces/${NAMESPACE}/pods`,
  Service: `/api/v1/namespaces/${NAMESPACE}/services`,
  Secret: `/api/v1/namespaces/${NAMESPACE}/secrets`,
  Ingress: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/ingresses`,
} as const;
type Kind = keyof typeof KINDS;

export async function checkCluster(
  clusterUrl: string,
  database: Database<DeployerSchema>,
  asked: readonly Asked[],
): Promise<Loss[]> {
  const objects = new Map<Kind, KubeObject[]>();
  for (const kind of Object.keys(KINDS) as Kind[]) objects.set(kind, await listOf(clusterUrl, KINDS[kind]));
  const live = await database.db
    .selectFrom('releases')
    .innerJoin('applications', 'applications.id', 'releases.application_id')
    .select(['releases.id', 'applications.name as application'])
    .where('live', '=', 1)
    .execute();
  const { own, left } = await lastEnds(database);
  const losses: Loss[] = [];
  for (const application of new Set(asked.map((one) => one.application))) {
    // Where another actor’s change counts, or a way back failed, the records do not claim what runs.
    if (left.has(application)) continue;
    const releases = live.filter((row) => row.application === application).map(({ id }) => id);
    if (releases.length > 1) losses.push({ subject: application, what: `has ${releases.length} live releases` });
    for (const what of differences(objects, application, releases[0])) losses.push({ subject: application, what });
  }
  for (const { metadata, kind } of [...objects.values()].flat()) {
    const application = metadata.labels?.[LABEL.application];
    if (application !== undefined && !own.has(application))
      losses.push({ subject: application, what: `${kind ?? ''} ${metadata.name} belongs to no application` });
  }
  return losses;
}

function* differences(
  objects: ReadonlyMap<Kind, readonly KubeObject[]>,
  application: string,
  release: string | undefined,
): Generator<string> {
  const of = (kind: Kind): KubeObject[] =>
    (objects.get(kind) ?? []).filter(({ metadata }) => metadata.labels?.[LABEL.application] === application);
  const releaseOf = ({ metadata, spec }: KubeObject): string | undefined =>
    spec?.template?.metadata?.labels?.[LABEL.release] ?? metadata.labels?.[LABEL.release];
  const running = of('ReplicaSet').filter(({ spec }) => (spec?.replicas ?? 0) > 0);
  const pods = of('Pod').filter(({ status }) => status?.phase === 'Running');
  if (release === undefined) {
    for (const kind of Object.keys(KINDS) as Kind[])
      for (const { metadata } of of(kind)) yield `has no live release, and ${kind} ${metadata.name} is there`;
    return;
  }
  if (running.length !== 1) yield `has ${running.length} ReplicaSets with replicas: ${namesOf(running)}`;
  for (const one of [...running, ...of('Deployment'), ...pods])
    if (releaseOf(one) !== release)
      yield `${one.metadata.name} runs release ${releaseOf(one) ?? '?'}, live is ${release}`;
  if (pods.length !== 1) yield `has ${pods.length} pods that run: ${namesOf(pods)}`;
  if (of('Service').length !== 1) yield `has ${of('Service').length} Services`;
  if (of('Deployment').length > 1) yield `has ${of('Deployment').length} Deployments`;
  for (const one of [...of('Secret'), ...of('Ingress')])
    if (releaseOf(one) !== release) yield `${one.metadata.name} is left of release ${releaseOf(one) ?? '?'}`;
}

const namesOf = (objects: readonly KubeObject[]): string => objects.map(({ metadata }) => metadata.name).join(', ');

/** All applications, and those of which the records do not say what runs. */
async function lastEnds({ db }: Database<DeployerSchema>): Promise<{ own: Set<string>; left: Set<string> }> {
  const columns = ['application', 'state', 'failed_state'] as const;
  const rows = await db.selectFrom('deployments').select(columns).orderBy('ended_at').execute();
  return { own: new Set(rows.map(({ application }) => application)), left: leftAfter(rows) };
}

/**
 * Another actor's change, or a way back that failed, leaves what the records do not know, until a release is stable or a way
 * back has gone through the cluster: one that had nothing to take back leaves all as it was. In the order of their ends.
 */
export function leftAfter(
  ended: readonly Pick<DeployerSchema['deployments'], 'application' | 'state' | 'failed_state'>[],
): Set<string> {
  const left = new Set<string>();
  for (const { application, state, failed_state: failedState } of ended)
    if (state === 'superseded' || state === 'rollback_failed') left.add(application);
    else if (state === 'stable') left.delete(application);
    else if (state === 'rolled_back' && !nothingWasChanged(failedState as DeploymentState | null))
      left.delete(application);
  return left;
}

async function listOf(clusterUrl: string, path: string): Promise<KubeObject[]> {
  const { statusCode, body } = await request(clusterUrl + path);
  const answer = (await body.json()) as { items: KubeObject[] };
  if (statusCode !== 200) throw new Error(`GET ${path}: ${statusCode} ${JSON.stringify(answer)}`);
  return answer.items;
}
