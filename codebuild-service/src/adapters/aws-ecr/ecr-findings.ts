/** Findings of ECR's two scanners in one shape: basic ones have attributes, enhanced ones (Inspector) fields of their own. Pure. */
import type { EnhancedImageScanFinding, ImageScanFinding } from '@aws-sdk/client-ecr';
import type { ImageFinding } from '../../ports/image-repositories.js';

export function findingOf(finding: ImageScanFinding | EnhancedImageScanFinding): ImageFinding {
  if ('findingArn' in finding || 'packageVulnerabilityDetails' in finding || 'title' in finding) {
    const details = finding.packageVulnerabilityDetails;
    const [affected] = details?.vulnerablePackages ?? [];
    return {
      name: details?.vulnerabilityId ?? finding.title ?? 'unnamed',
      severity: finding.severity ?? 'UNDEFINED',
      package: affected?.name === undefined ? null : versioned(affected.name, affected.version),
      description: finding.description ?? null,
      uri: details?.sourceUrl ?? null,
    };
  }
  const basic = finding as ImageScanFinding;
  const attribute = (key: string) => basic.attributes?.find((one) => one.key === key)?.value;
  const name = attribute('package_name');
  return {
    name: basic.name ?? 'unnamed',
    severity: basic.severity ?? 'UNDEFINED',
    package: name === undefined ? null : versioned(name, attribute('package_version')),
    description: basic.description ?? null,
    uri: basic.uri ?? null,
  };
}

const versioned = (name: string, version: string | undefined): string =>
  version === undefined ? name : `${name} ${version}`;
