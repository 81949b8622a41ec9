/**
 * Image references as people write them: `nginx`, `ghcr.io/acme/shop:1.2`, `127.0.0.1:5001/shop@sha256:…`.
 *
 * A name without a registry is Docker Hub's (`docker.io`), one without a namespace there is `library/…`; a reference
 * with neither tag nor digest means the tag `latest`. A digest, when there, decides; the tag beside it is only shown.
 * Throws AppError invalid/`image_reference_invalid`.
 */
import { AppError } from '../errors/app-error.js';

export interface ImageReference {
  /** `docker.io`, `127.0.0.1:5001`: as in configuration; see `apiHost` for the host to speak to. */
  readonly registry: string;
  /** Without the registry: `library/nginx`, `acme/shop`. */
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
/** A repository's name in the distribution API. */
export const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
export const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
export const DIGEST = /^sha256:[0-9a-f]{64}$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;

const refused = (text: string, why: string): AppError =>
  new AppError('invalid', 'image_reference_invalid', `'${text.slice(0, 200)}' is not an image reference: ${why}`);

export function parseImageReference(text: string): ImageReference {
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !DIGEST.test(digest)) throw refused(text, 'the digest must be sha256: and 64 hex digits');

  const named = at === -1 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !TAG.test(tag)) throw refused(text, 'a tag is letters, digits, dots, hyphens, underscores');

  const path = hasTag ? named.slice(0, colon) : named;
  const slash = path.indexOf('/');
  const first = slash === -1 ? '' : path.slice(0, slash);
  // As Docker decides it: the first part is a registry when it looks like a host, and is part of the name otherwise.
  const hasRegistry = first === 'localhost' || first.includes('.') || first.includes(':');
  if (hasRegistry && !HOST.test(first)) throw refused(text, `'${first}' is not a registry's host`);
  const registry = hasRegistry ? canonicalRegistry(first) : 'docker.io';
  const name = hasRegistry ? path.slice(slash + 1) : path;
  const repository = registry === 'docker.io' && name !== '' && !name.includes('/') ? `library/${name}` : name;
  if (!REPOSITORY.test(repository) || repository.length > 255)
    throw refused(text, 'a repository is lower-case letters, digits, and single . _ - / between them');
  return { registry, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** `docker.io` under all its names. */
export const canonicalRegistry = (host: string): string =>
  ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com'].includes(host.toLowerCase())
    ? 'docker.io'
    : host.toLowerCase();

/** The host that speaks the distribution API for a registry. */
export const apiHost = (registry: string): string =>
  canonicalRegistry(registry) === 'docker.io' ? 'registry-1.docker.io' : registry;

/** What to ask the registry for: the digest if there is one. */
export const manifestReference = (image: ImageReference): string => image.digest ?? image.tag ?? 'latest';

export function formatImageReference(image: ImageReference): string {
  const tag = image.tag === undefined ? '' : `:${image.tag}`;
  const digest = image.digest === undefined ? '' : `@${image.digest}`;
  return `${image.registry}/${image.repository}${tag}${digest}`;
}

/** True for addresses that never leave this machine: the only ones spoken to over plain HTTP. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name === '[::1]' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);
}
