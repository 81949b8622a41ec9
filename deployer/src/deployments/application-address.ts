/** Where a deployed application answers, and a client to ask it with. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { clientByProxy, clientByUrl, type ApplicationClient } from './application-http.js';
import type { Deployment } from './deployment.js';
import { SERVICE_PORT } from './manifests/network-manifests.js';
import type { StepParts } from './step.js';

const AGAIN_MS = 150;
/** A program that had the node port may just be ending: the cluster tries again every few seconds. */
const TAKEN_MS = 8_000;

/**
 * Waits until the Service has its address; null: it has none by nature and is asked through the API server. Throws
 * unavailable/`no_address` after `forMs`, invalid/`node_port_taken` sooner.
 */
export async function addressOf(
  { cluster }: Pick<StepParts, 'cluster'>,
  { namespace, application }: Pick<Deployment, 'namespace' | 'application'>,
  forMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const until = Date.now() + forMs;
  const takenUntil = Date.now() + Math.min(TAKEN_MS, forMs);
  for (;;) {
    const url = await cluster.serviceUrl({ namespace, name: application }, signal).catch((error: unknown) => {
      if (error instanceof AppError && error.code === 'node_port_taken' && Date.now() < takenUntil) return undefined;
      throw error;
    });
    if (url !== undefined) return url;
    if (Date.now() >= until)
      throw new AppError(
        'unavailable',
        'no_address',
        `The Service ${namespace}/${application} got no address within ${Math.round(forMs / 1000)} s`,
      );
    await delay(AGAIN_MS, signal);
  }
}

export const clientOf = (
  { cluster }: Pick<StepParts, 'cluster'>,
  { namespace, application }: Pick<Deployment, 'namespace' | 'application'>,
  url: string | null,
): ApplicationClient =>
  url === null ? clientByProxy(cluster, { namespace, name: application, port: SERVICE_PORT }) : clientByUrl(url);
