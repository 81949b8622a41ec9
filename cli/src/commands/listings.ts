/** `apps`, `releases`, `logs`: what there is and what was said. */
import { ApplicationView } from '@aws-deployer/platform/contracts/applications';
import { isEnd } from '@aws-deployer/platform/contracts/deployments';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { pathOf } from '../follow-deployment.js';
import { findDeployment, releasesOf } from '../lookup.js';
import type { Context } from '../program.js';
import { printLog } from '../read-log.js';

export interface LogsOptions {
  readonly follow?: boolean;
  readonly environment?: string;
}

export async function apps({ api, terminal, json }: Context): Promise<void> {
  const { items } = await api.get('/api/v1/applications?limit=500', pageOf(ApplicationView));
  if (json) return terminal.json(items);
  if (items.length === 0) return terminal.note('There is no application yet: make one with deployer deploy');
  terminal.table(
    ['APPLICATION', 'ENVIRONMENT', 'STATE', 'URL'],
    items.flatMap(({ name, environments }) =>
      environments.length === 0
        ? [[name, '-', 'never deployed', '']]
        : environments.map((one) => [name, one.environment, one.last_deployment?.state ?? '-', one.url ?? '']),
    ),
  );
}

export async function releases({ api, terminal, json }: Context, application: string): Promise<void> {
  const items = await releasesOf(api, application);
  if (json) return terminal.json(items);
  terminal.table(
    ['#', 'LIVE', 'STATUS', 'ENVIRONMENT', 'COMMIT', 'IMAGE', 'BY', 'AT'],
    items.map((one) => [
      String(one.number),
      one.live ? 'live' : '',
      one.bad === null ? one.status : `${one.status}, bad`,
      one.environment,
      one.commit?.slice(0, 10) ?? '-',
      one.image_digest.replace('sha256:', '').slice(0, 12),
      one.created_by,
      one.created_at,
    ]),
  );
}

export async function logs(context: Context, what: string, { follow, environment }: LogsOptions): Promise<void> {
  const deployment = await findDeployment(context.api, what, environment);
  await printLog(context, pathOf(deployment.id), follow === true || isEnd(deployment.state));
}
