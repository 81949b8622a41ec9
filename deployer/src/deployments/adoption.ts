/**
 * With consent: objects of somebody else are taken over, and what cannot be changed in place is made anew. What was taken over is
 * given back as it was when the release fails, but for what the earlier release has an object of its own for. Every step may be
 * repeated.
 */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import type { Cluster, ClusterRefusal, Manifest } from '../ports/cluster.js';
import { foreignOwner } from './manifests/identity.js';
import { refOf } from './strategies/rolling.js';
import { classifyRefusal } from './verdict/refusal-causes.js';

const LOOK_MS = 250;

/** Whether a refusal says that the field cannot change while the object lives. */
export const cannotChange = (error: unknown, object: Manifest): boolean => {
  if (!(error instanceof AppError) || typeof error.cause !== 'object' || error.cause === null) return false;
  if (!('causes' in error.cause)) return false;
  const { code } = classifyRefusal(error.cause as ClusterRefusal, object.kind);
  return code === 'immutable_selector' || code === 'immutable_field';
};

/** Deletes the object and waits until it is gone. Throws the signal's reason when it aborts. */
export const removeAndWait = async (cluster: Cluster, object: Manifest, signal: AbortSignal): Promise<void> => {
  const ref = refOf(object);
  const live = await cluster.get(ref, signal);
  if (live === undefined) return;
  await cluster.remove(ref, signal);
  for (;;) {
    const now = await cluster.get(ref, signal);
    if (now === undefined || now.metadata.uid !== live.metadata.uid) return;
    await delay(LOOK_MS, signal);
  }
};

/** What stands in the place of `wanted` and is not ours. */
export const foreignObjects = (wanted: readonly Manifest[], live: readonly (Manifest | undefined)[]) =>
  wanted.flatMap((object, index) => {
    const found = live[index];
    return found !== undefined && foreignOwner(found, object) !== undefined ? [found] : [];
  });

/** An object without what the server wrote into it: it can be made again of this. */
export const copyOf = (object: Manifest): Manifest => {
  const { status: _status, metadata, ...rest } = object;
  const { name, namespace, labels, annotations } = metadata;
  return {
    ...rest,
    apiVersion: object.apiVersion,
    kind: object.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
  };
};

/**
 * Writes our fields over theirs, lists as a whole: server-side apply alone would leave their containers beside ours. An object
 * that is gone, or ours already, is left to the apply that follows.
 */
export const takeOver = async (cluster: Cluster, wanted: Manifest, signal: AbortSignal): Promise<void> => {
  const live = await cluster.get(refOf(wanted), signal);
  if (live === undefined || foreignOwner(live, wanted) === undefined) return;
  await cluster.patch(refOf(wanted), overwrite(wanted, live), signal);
};

/** Puts each object back as its copy says, made anew where it cannot be changed back. */
export const giveBack = async (cluster: Cluster, copies: readonly Manifest[], signal: AbortSignal): Promise<void> => {
  for (const copy of copies) {
    const live = await cluster.get(refOf(copy), signal);
    if (live !== undefined)
      try {
        await cluster.patch(refOf(copy), overwrite(copy, live), signal);
        continue;
      } catch (error) {
        if (!cannotChange(error, copy)) throw error;
        await removeAndWait(cluster, copy, signal);
      }
    await cluster.apply(copy, { force: true }, signal);
  }
};

/**
 * A merge patch that leaves nothing of `live` in labels, annotations and, of a workload, in the spec and its pods' spec. A Service
 * keeps what it was given at its creation (its address).
 */
const overwrite = (wanted: Manifest, live: Manifest): Record<string, unknown> => {
  const { labels, annotations } = wanted.metadata;
  const spec = wanted['spec'] as WorkloadSpec | undefined;
  const before = live['spec'] as WorkloadSpec | undefined;
  const metadata = {
    labels: over(live.metadata.labels, labels),
    annotations: over(live.metadata.annotations, annotations),
  };
  if (spec === undefined) return { metadata };
  if (spec.template === undefined) return { metadata, spec };
  const template = { ...spec.template, spec: over(before?.template?.spec, spec.template.spec) };
  return { metadata, spec: { ...over(before, spec), template } };
};
interface WorkloadSpec {
  readonly template?: { readonly spec?: object };
}
const over = (before: object | undefined, after: object | undefined): Record<string, unknown> => ({
  ...Object.fromEntries(Object.keys(before ?? {}).map((key) => [key, null])),
  ...after,
});
