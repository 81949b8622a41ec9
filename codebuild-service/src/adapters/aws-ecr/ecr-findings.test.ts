import { expect, test } from 'vitest';
import { findingOf } from './ecr-findings.js';

test('findings of the basic scanner have attributes', () => {
  expect(
    findingOf({
      name: 'CVE-2026-1',
      severity: 'HIGH',
      description: 'A hole',
      uri: 'https://example.com/CVE-2026-1',
      attributes: [
        { key: 'package_name', value: 'openssl' },
        { key: 'package_version', value: '3.0.1' },
      ],
    }),
  ).toEqual({
    name: 'CVE-2026-1',
    severity: 'HIGH',
    package: 'openssl 3.0.1',
    description: 'A hole',
    uri: 'https://example.com/CVE-2026-1',
  });
  expect(findingOf({ name: 'CVE-2026-2' })).toMatchObject({ severity: 'UNDEFINED', package: null, uri: null });
});

test('findings of the enhanced scanner have packages', () => {
  expect(
    findingOf({
      findingArn: 'arn:aws:inspector2:eu-central-1:123456789012:finding/1',
      title: 'CVE-2026-3 - zlib',
      severity: 'CRITICAL',
      packageVulnerabilityDetails: {
        vulnerabilityId: 'CVE-2026-3',
        sourceUrl: 'https://example.com/CVE-2026-3',
        vulnerablePackages: [{ name: 'zlib', version: '1.2' }],
      },
    }),
  ).toEqual({
    name: 'CVE-2026-3',
    severity: 'CRITICAL',
    package: 'zlib 1.2',
    description: null,
    uri: 'https://example.com/CVE-2026-3',
  });
});
