/** Repositories and findings as they go out. Pure. */
import type { ImageRepositoryView } from '@aws-deployer/platform/contracts/images';
import type { ImageFinding, ImageRepository } from '../ports/image-repositories.js';
import type { NamedSession } from './image-places.js';

export const repositoryView = (
  { name, uri, arn, registryId, tagMutability, scanOnPush, encryption, createdAt }: ImageRepository,
  { account, region }: NamedSession,
): ImageRepositoryView => ({
  name,
  uri,
  arn,
  account,
  region,
  tag_mutability: tagMutability,
  scan_on_push: scanOnPush,
  encryption,
  created_at: createdAt,
  aws_console_url: `https://${consoleHost(region)}/ecr/repositories/private/${registryId}/${name}?region=${region}`,
});

function consoleHost(region: string): string {
  if (region.startsWith('cn-')) return 'console.amazonaws.cn';
  if (region.startsWith('us-gov-')) return 'console.amazonaws-us-gov.com';
  return `${region}.console.aws.amazon.com`;
}

const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL'];
const rank = ({ severity }: ImageFinding): number => {
  const at = SEVERITIES.indexOf(severity.toUpperCase());
  return at < 0 ? SEVERITIES.length : at;
};
/** The gravest first, then by name. */
export const byGravity = (a: ImageFinding, b: ImageFinding): number =>
  rank(a) - rank(b) || a.name.localeCompare(b.name);
