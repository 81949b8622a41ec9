/** How often each release may have been rolled out: by its own deployment, by those that restore it, by each way back to it. */
import type { DeployerSchema } from '@aws-deployer/deployer/schema';
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Database } from '@aws-deployer/platform/database/open-database';

const CHANGING: readonly DeploymentState[] = ['deploying', 'testing', 'monitoring'];

export async function askedRollouts(
  { db }: Database<DeployerSchema>,
  states: ReadonlyMap<string, readonly DeploymentState[]>,
): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('deployments')
    .select(['id', 'application', 'state', 'release_id'])
    .where('ended_at', 'is not', null)
    .orderBy('queue_number')
    .execute();
  const asked = new Map<string, number>();
  const add = (release: string): void => void asked.set(release, (asked.get(release) ?? 0) + 1);
  const live = new Map<string, string>();
  for (const { id, application, state, release_id: release } of rows) {
    const way = states.get(id) ?? [];
    if (release !== null) add(release);
    const previous = live.get(application);
    if (previous !== undefined && way.includes('rolling_back') && way.some((one) => CHANGING.includes(one)))
      add(previous);
    if (state === 'stable' && release !== null) live.set(application, release);
  }
  return asked;
}
