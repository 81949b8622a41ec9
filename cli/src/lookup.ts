/** People name things by application or by id; the API is asked by id. */
import { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import type { ApiClient } from './api-client.js';
import { EXIT, Failure } from './failure.js';
import { pathOf } from './follow-deployment.js';

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** `what`: a deployment's id, or an application, of which the last deployment is meant. */
export async function findDeployment(api: ApiClient, what: string, environment?: string): Promise<DeploymentView> {
  if (UUID.test(what)) return api.get(pathOf(what), DeploymentView);
  const query = new URLSearchParams({ application: what, limit: '1', ...(environment ? { environment } : {}) });
  const { items } = await api.get(`/api/v1/deployments?${query.toString()}`, pageOf(DeploymentView));
  const [last] = items;
  if (last) return last;
  throw new Failure(EXIT.error, `${what} has no deployment${environment ? ` in ${environment}` : ''}`, [
    'see what there is with: deployer apps',
  ]);
}

export async function releasesOf(api: ApiClient, application: string): Promise<ReleaseView[]> {
  const path = `/api/v1/applications/${encodeURIComponent(application)}/releases?limit=100`;
  return (await api.get(path, pageOf(ReleaseView))).items;
}

/** `wanted`: a release's id or its number. */
export async function findRelease(api: ApiClient, application: string, wanted: string): Promise<ReleaseView> {
  const releases = await releasesOf(api, application);
  const found = releases.find(({ id, number }) => id === wanted || String(number) === wanted.replace(/^#/, ''));
  if (found) return found;
  throw new Failure(EXIT.usage, `${application} has no release ${wanted}`, [
    `it has ${releases.map(({ number }) => `#${number}`).join(', ') || 'none yet'}`,
  ]);
}
