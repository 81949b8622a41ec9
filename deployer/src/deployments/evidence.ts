/** What a container said last, fetched as evidence for a verdict. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Cluster } from '../ports/cluster.js';
import { lastLines } from './verdict/finding.js';

const TAIL = 20;
const FETCH_MS = 3_000;

/**
 * The last lines of a container that `ended` (of the process that died, not of the one that took its place), else of the one
 * that runs. Empty when there are none or they cannot be had in three seconds: a verdict must not wait for its evidence.
 */
export const lastLinesOf = async (
  cluster: Cluster,
  of: { readonly namespace: string; readonly pod: string; readonly container: string; readonly ended: boolean },
  signal: AbortSignal,
): Promise<readonly string[]> => {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]);
  const fetch = async (previous: boolean): Promise<readonly string[]> => {
    const asked = { namespace: of.namespace, name: of.pod, container: of.container, tailLines: TAIL };
    const text = await cluster.logs(previous ? { ...asked, previous } : asked, limit);
    return lastLines(text ?? '', TAIL);
  };
  try {
    const previous = of.ended ? await fetch(true) : [];
    return previous.length > 0 ? previous : await fetch(false);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted || error instanceof AppError) return [];
    throw error;
  }
};
