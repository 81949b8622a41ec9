/** What may be entered as a registry's address: https, http for this machine only, an optional prefix for repositories. Pure. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { canonicalRegistry, isLoopbackHost, REPOSITORY } from '@aws-deployer/platform/oci/image-reference';

export interface RegistryAddress {
  /** `127.0.0.1:5001`, `docker.io` */
  readonly host: string;
  readonly insecure: boolean;
  /** Before every repository; empty: none. */
  readonly prefix: string;
}

/** Throws AppError invalid on `url`. */
export function parseRegistryUrl(text: string): RegistryAddress {
  const refused = (message: string) =>
    invalidField('url', message, 'give https://host[:port][/prefix]', 'bad_registry');
  const full = text.includes('://') ? text : `https://${text}`;
  if (!URL.canParse(full)) throw refused('is not an address');
  const url = new URL(full);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('must begin with https://');
  if (url.username !== '' || url.password !== '')
    throw refused('holds a user name or password: give them apart from it');
  if (url.search !== '' || url.hash !== '') throw refused('must not have a query or fragment');
  if (url.protocol === 'http:' && !isLoopbackHost(url.host)) throw refused('plain http is only spoken to this machine');
  const prefix = url.pathname.replace(/^\/(v[12]\/?)?|\/+$/g, '');
  if (prefix !== '' && !REPOSITORY.test(prefix)) throw refused('its path is not a prefix for repositories');
  return { host: canonicalRegistry(url.host), insecure: url.protocol === 'http:', prefix };
}
