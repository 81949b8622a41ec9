/**
 * All objects of one release as one text: what is hashed, stored and, on a rollback, applied again byte for byte. Secrets are
 * not in it. Pure.
 */
import { createHash } from 'node:crypto';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Manifest } from '../../ports/cluster.js';
import { ingressManifest, namespaceManifest, serviceManifest } from './network-manifests.js';
import { workloadManifest, type ReleaseWorkload } from './workload-manifest.js';

export interface ManifestSet {
  /** In the order in which they can be made. */
  readonly manifests: readonly Manifest[];
  /** Canonical JSON of `manifests`. */
  readonly text: string;
  /** `sha256:…` of `text`. */
  readonly hash: string;
}

/** JSON with keys in code-point order and no spaces: equal values have equal bytes. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
};

const setOf = (manifests: readonly Manifest[]): ManifestSet => {
  const text = canonicalJson(manifests);
  return { manifests, text, hash: `sha256:${createHash('sha256').update(text).digest('hex')}` };
};

export const buildManifestSet = (release: ReleaseWorkload): ManifestSet => {
  const ingress = ingressManifest(release);
  return setOf([
    namespaceManifest(release.namespace),
    serviceManifest(release),
    workloadManifest(release),
    ...(ingress ? [ingress] : []),
  ]);
};

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' && value !== null && 'kind' in value && 'apiVersion' in value && 'metadata' in value;

/** Reads a stored set back; throws internal/`manifest_set_damaged` when it is not what was stored under this hash. */
export const readManifestSet = (text: string, hash: string): ManifestSet => {
  const parsed: unknown = JSON.parse(text);
  if (!Array.isArray(parsed) || !parsed.every(isManifest))
    throw new AppError('internal', 'manifest_set_damaged', 'The stored manifest set does not hold Kubernetes objects.');
  const set = setOf(parsed);
  if (set.text !== text || set.hash !== hash)
    throw new AppError('internal', 'manifest_set_damaged', `The stored manifest set no longer has the hash ${hash}.`);
  return set;
};
