/** Which kind of source an address is, from the address alone; null where it tells nothing yet. Pure. */
import type { ProjectSource } from '@aws-deployer/platform/contracts/build-projects';

export type SourceType = ProjectSource['type'];

export const SOURCE_TYPES: readonly { value: SourceType; label: string }[] = [
  { value: 'github', label: 'GitHub' },
  { value: 'github_enterprise', label: 'GitHub Enterprise' },
  { value: 'gitlab', label: 'GitLab' },
  { value: 'bitbucket', label: 'Bitbucket' },
  { value: 'codecommit', label: 'CodeCommit' },
  { value: 's3', label: 'Amazon S3' },
  { value: 'git', label: 'Other Git server' },
  { value: 'none', label: 'No source' },
];
export const sourceTypeLabel = (type: SourceType): string =>
  SOURCE_TYPES.find(({ value }) => value === type)?.label ?? type;

export function sourceTypeOf(address: string): SourceType | null {
  const text = address.trim();
  if (text === '') return null;
  if (/^(s3:\/\/|arn:aws[a-z-]*:s3:)/.test(text)) return 's3';
  if (/^[a-z0-9][a-z0-9.-]{2,62}\/\S+\.zip$/.test(text)) return 's3';
  const host = hostOf(text);
  if (host === null) return text.startsWith('file://') || text.startsWith('/') ? 'git' : null;
  if (host === 'github.com') return 'github';
  if (host === 'bitbucket.org') return 'bitbucket';
  if (/^git-codecommit\./.test(host)) return 'codecommit';
  if (/^github\./.test(host) || host.endsWith('.ghe.com')) return 'github_enterprise';
  if (host === 'gitlab.com' || /^gitlab\./.test(host)) return 'gitlab';
  return 'git';
}

/** Of `https://host/…`, `ssh://user@host/…` and `user@host:path`. */
function hostOf(text: string): string | null {
  const found = /^(?:[a-z+]+:\/\/)(?:[^@/\s]+@)?([^/:\s]+)/.exec(text) ?? /^[\w.-]+@([\w.-]+):/.exec(text);
  return found?.[1]?.toLowerCase() ?? null;
}

/** `https://github.com/acme/shop.git` → `shop`: a name to begin with. */
export function nameFromSource(address: string): string {
  const last = address
    .trim()
    .replace(/[?#].*$/, '')
    .split(/[/:]/)
    .filter((part) => part !== '')
    .at(-1);
  return (last ?? '')
    .replace(/\.(git|zip)$/, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 150);
}
