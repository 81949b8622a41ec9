/**
 * The `pod-template-hash` of a ReplicaSet and whether two templates are the same one. The hash is stable over
 * restarts and key order; it is written in Kubernetes' alphabet without vowels, so no name spells a word.
 */
import type { PodTemplateSpec } from '../resources/types.js';

export const HASH_LABEL = 'pod-template-hash';
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** JSON with sorted keys and without what is undefined, null or empty: the two ways to write "nothing" are one. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && field !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`);
  return `{${fields.join(',')}}`;
}

const withoutHash = (template: PodTemplateSpec): unknown => {
  const { [HASH_LABEL]: _hash, ...labels } = template.metadata?.labels ?? {};
  const { creationTimestamp: _created, ...metadata } = template.metadata ?? {};
  return { ...template, metadata: { ...metadata, labels } };
};

export const sameTemplate = (a: PodTemplateSpec, b: PodTemplateSpec): boolean =>
  canonical(withoutHash(a)) === canonical(withoutHash(b));

export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits
  for (const byte of Buffer.from(
    canonical(withoutHash(template)) + (collisionCount === undefined ? '' : String(collisionCount)),
  )) {
    hash ^= byte;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}
