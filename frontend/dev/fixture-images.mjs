/** Canned ECR repositories, images with scans of every kind, and rules of removal. */
import { json, list } from './fixture-http.mjs';

const before = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();
const digest = (seed) => `sha256:${seed.toString(16).padStart(2, '0').repeat(32)}`;

const repository = (name, change = {}) => ({
  name,
  uri: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/${name}`,
  arn: `arn:aws:ecr:eu-central-1:123456789012:repository/${name}`,
  account: 'production',
  region: 'eu-central-1',
  tag_mutability: 'MUTABLE',
  scan_on_push: true,
  encryption: 'AES256',
  created_at: before(86_400 * 60),
  aws_console_url: 'https://eu-central-1.console.aws.amazon.com/ecr/repositories',
  ...change,
});
const repositories = [
  repository('shop', { tag_mutability: 'IMMUTABLE' }),
  repository('platform/api-gateway'),
  repository('legacy/import', { scan_on_push: false }),
];
const SCANS = [{ CRITICAL: 1, HIGH: 3, MEDIUM: 12 }, {}, { MEDIUM: 2, LOW: 9 }, null];
const images = Array.from({ length: 12 }, (_, index) => ({
  repository: 'shop',
  digest: digest(index + 17),
  tags:
    index === 4 ? [] : index === 0 ? ['2.4.0', 'main-4f2c9d1', 'latest'] : [`2.${3 - Math.floor(index / 4)}.${index}`],
  size_bytes: 48_200_000 + index * 1_310_000,
  pushed_at: before(3600 + index * 86_400),
  last_pulled_at: index % 3 === 2 ? null : before(1800 + index * 40_000),
  media_type: 'application/vnd.oci.image.manifest.v1+json',
  scan_status: index % 4 === 3 ? null : 'COMPLETE',
  findings: SCANS[index % 4],
  in_use: index === 0 ? ['shop/production', 'shop/staging'] : index === 5 ? null : [],
}));
const policy = {
  rules: [
    { description: 'cleanup', tags: 'untagged', tag_prefixes: [], older_than_days: 14 },
    { description: '', tags: 'tagged', tag_prefixes: ['main-'], keep_last: 50 },
  ],
  other_rules: [],
  text: '{}',
};

export const imageRoutes = [
  [
    'GET',
    /^\/images\/repositories$/,
    list(({ url }) => repositories.filter(({ name }) => name.includes(url.searchParams.get('q') ?? ''))),
  ],
  [
    'POST',
    /^\/images\/repositories$/,
    ({ response, body }) => {
      repositories.push(repository(body.name));
      json(response, 201, repositories.at(-1));
    },
  ],
  [
    'GET',
    /^\/images\/repository$/,
    ({ response, url }) =>
      json(
        response,
        200,
        repositories.find(({ name }) => name === url.searchParams.get('repository')) ?? repositories[0],
      ),
  ],
  ['DELETE', /^\/images\/repository$/, ({ response }) => json(response, 204)],
  [
    'GET',
    /^\/images$/,
    list(({ url }) => {
      const tagged = url.searchParams.get('tagged');
      return images.filter(({ tags }) => tagged === null || String(tags.length > 0) === tagged);
    }),
  ],
  [
    'POST',
    /^\/images\/delete$/,
    ({ response, body }) => {
      const kept = images.filter(({ digest: each, in_use: places }) => body.digests.includes(each) && places?.length);
      const gone = body.digests.filter((each) => !kept.some((image) => image.digest === each));
      for (const each of gone)
        images.splice(
          images.findIndex((image) => image.digest === each),
          1,
        );
      json(response, 200, {
        deleted: gone,
        kept: kept.map((image) => ({ digest: image.digest, reason: `it runs in ${image.in_use.join(', ')}` })),
      });
    },
  ],
  [
    'GET',
    /^\/images\/findings$/,
    ({ response }) =>
      json(response, 200, {
        status: 'COMPLETE',
        description: null,
        completed_at: before(4000),
        by_severity: { CRITICAL: 1, HIGH: 1, MEDIUM: 1 },
        findings: [
          ['CVE-2026-1001', 'CRITICAL', 'openssl:3.0.2', 'A crafted certificate ends the process or worse.'],
          ['CVE-2026-0412', 'HIGH', 'curl:8.4.0', 'A redirect may carry a header to another host.'],
          ['CVE-2025-9917', 'MEDIUM', 'zlib:1.2.13', null],
        ].map(([name, severity, where, description]) => ({
          name,
          severity,
          package: where,
          description,
          uri: `https://nvd.nist.gov/vuln/detail/${name}`,
        })),
      }),
  ],
  ['POST', /^\/images\/scan$/, ({ response, body }) => json(response, 202, { ...body, status: 'IN_PROGRESS' })],
  ['GET', /^\/images\/lifecycle$/, ({ response }) => json(response, 200, policy)],
  [
    'PUT',
    /^\/images\/lifecycle$/,
    ({ response, body }) => {
      policy.rules = body.rules;
      json(response, 200, policy);
    },
  ],
];
