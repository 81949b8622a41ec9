/** Which type of source an address is, by its host; the address as that type wants it. Pure. */
import type { ProjectSource } from '@aws-deployer/platform/contracts/build-projects';

export interface AddressedSource {
  readonly type: ProjectSource['type'];
  readonly location: string;
}

/** `engine`: CodeBuild knows a server of its own only as GitHub Enterprise; this machine clones from any. */
export function sourceOfUrl(address: string, engine: 'local' | 'codebuild'): AddressedSource {
  const bucket = /^(?:s3:\/\/|arn:aws[a-z-]*:s3:::)(.+)$/.exec(address)?.[1];
  if (bucket !== undefined) return { type: 's3', location: bucket };
  const host = URL.canParse(address) ? new URL(address).hostname : '';
  if (host === '' && !address.includes(':') && /^[a-z0-9][a-z0-9.-]+\/\S+\.zip$/.test(address))
    return { type: 's3', location: address };
  return { type: typeOfHost(host, engine), location: address };
}

function typeOfHost(host: string, engine: 'local' | 'codebuild'): ProjectSource['type'] {
  if (/^(www\.)?github\.com$/.test(host)) return 'github';
  if (host === 'bitbucket.org') return 'bitbucket';
  if (/^git-codecommit(-fips)?\./.test(host)) return 'codecommit';
  if (host === 'gitlab.com' || host.split('.').includes('gitlab'))
    return engine === 'local' && host !== 'gitlab.com' ? 'git' : 'gitlab';
  return engine === 'local' ? 'git' : 'github_enterprise';
}
