/**
 * What may be given to git as an address and as a ref: pure checks, no network.
 *
 * Addresses are https, http, ssh and `git@host:path`; `file://` only in local mode. Refused are other transports
 * (`ext::` runs commands), anything git could take for an option, and credentials inside the address, which would end
 * up in logs. Refs follow `git check-ref-format`.
 * Throws AppError invalid/`repo_url_refused` and invalid/`ref_refused` with the field and the mend.
 */
import { AppError } from '../errors/app-error.js';

export interface RepositoryAddress {
  readonly kind: 'http' | 'ssh' | 'file';
  /** As given: what git gets. */
  readonly url: string;
  /** Without brackets; empty for `file`. */
  readonly host: string;
  readonly port: number | undefined;
}

export const urlRefused = (message: string, mend: string, cause?: unknown): AppError =>
  new AppError('invalid', 'repo_url_refused', `source.repo_url: ${message}`, {
    fields: [{ field: 'source.repo_url', message, mend }],
    cause,
  });
const refRefused = (message: string): AppError =>
  new AppError('invalid', 'ref_refused', `source.ref: ${message}`, {
    fields: [{ field: 'source.ref', message, mend: 'Give a branch, a tag or a commit, such as main or v1.2.0' }],
  });

const FORMS = 'Give an address such as https://host/team/repository.git or git@host:team/repository.git';
const SCP =
  /^(?<user>[A-Za-z0-9._][A-Za-z0-9._-]*)@(?<host>[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\]):(?<path>[^-:].*)$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/;

export function parseRepositoryAddress(url: string, localMode: boolean): RepositoryAddress {
  if (url === '' || url.length > 2000) throw urlRefused('the address is empty or longer than 2000 characters', FORMS);
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  if (/[\u0000-\u0020\u007f]/.test(url)) throw urlRefused('the address holds spaces or control characters', FORMS);
  if (url.startsWith('-')) throw urlRefused('an address that begins with a hyphen would be an option of git', FORMS);
  if (/^[A-Za-z0-9+.-]*::/.test(url)) throw urlRefused('transport helpers such as ext:: are not run', FORMS);

  const scp = url.includes('://') ? undefined : SCP.exec(url)?.groups;
  if (scp !== undefined)
    return { kind: 'ssh', url, host: (scp['host'] ?? '').replace(/^\[|\]$/g, ''), port: undefined };
  if (!url.includes('://'))
    throw urlRefused(
      'this is not an address of a repository',
      localMode && url.startsWith('/') ? `For a folder of this machine write file://${url}` : FORMS,
    );
  if (!URL.canParse(url)) throw urlRefused('this is not a valid address', FORMS);
  const parsed = new URL(url);
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const port = parsed.port === '' ? undefined : Number(parsed.port);
  switch (parsed.protocol) {
    case 'https:':
    case 'http:':
      if (parsed.username !== '' || parsed.password !== '')
        throw urlRefused(
          'the address holds a user name or a token',
          'Store the token under /api/v1/secrets with type git_token and name it in source.credential',
        );
      break;
    case 'ssh:':
      if (parsed.password !== '') throw urlRefused('the address holds a password', 'Use a secret of type ssh_key');
      if (/^(?:-|%2d)/i.test(parsed.username)) throw urlRefused('the user name begins with a hyphen', FORMS);
      break;
    case 'file:':
      if (!localMode) throw urlRefused('file:// is only taken where the platform runs for one machine', FORMS);
      if (host !== '') throw urlRefused('file:// takes a path of this machine, without a host', 'Write file:///path');
      return { kind: 'file', url, host: '', port: undefined };
    default:
      throw urlRefused(`${parsed.protocol.replace(':', '')} is not a transport that is taken`, FORMS);
  }
  if (!HOST.test(host)) throw urlRefused('the address has no valid host', FORMS);
  if (parsed.pathname === '' || parsed.pathname === '/') throw urlRefused('the address names no repository', FORMS);
  if (parsed.search !== '' || parsed.hash !== '')
    throw urlRefused('the address holds a query or a fragment', 'Give the address that git clone takes');
  return { kind: parsed.protocol === 'ssh:' ? 'ssh' : 'http', url, host, port };
}

export function checkRef(ref: string | undefined): void {
  if (ref === undefined) return;
  if (ref === '' || ref.length > 250) throw refRefused('a ref is 1 to 250 characters');
  if (ref.startsWith('-')) throw refRefused('a ref that begins with a hyphen would be an option of git');
  // eslint-disable-next-line no-control-regex -- control characters are exactly what is refused
  if (/[\u0000-\u0020\u007f~^:?*[\\]/.test(ref)) throw refRefused('a ref holds no spaces and none of ~ ^ : ? * [ \\');
  if (/\.\.|@\{|\/\/|^[/.+]|\/\.|[/.]$|\.lock(?:\/|$)|^@$/.test(ref)) throw refRefused(`'${ref}' is not a valid ref`);
}

/** A full or abbreviated commit id (SHA-1 or SHA-256). */
export const looksLikeCommit = (ref: string): boolean => /^[0-9a-f]{4,64}$/i.test(ref);
export const isFullCommit = (ref: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref);
