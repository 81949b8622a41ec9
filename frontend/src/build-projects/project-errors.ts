/** Which input of the project form a field of the wire belongs to, and in which section it stands. Pure. */
import type { ProjectValues } from './project-values.js';

export type InputName = keyof ProjectValues;
export type SectionName = 'artifacts' | 'network' | 'limits' | 'webhook' | 'logs' | 'gates' | 'tags';

/** Longer names before shorter ones that they begin with. */
const INPUTS: readonly (readonly [wire: string, input: InputName])[] = [
  ['name', 'name'],
  ['account', 'account'],
  ['region', 'region'],
  ['team', 'team'],
  ['description', 'description'],
  ['source.location', 'location'],
  ['source.version', 'version'],
  ['source.clone_depth', 'cloneDepth'],
  ['source.credential', 'sourceCredential'],
  ['source', 'location'],
  ['buildspec.path', 'buildspecPath'],
  ['buildspec', 'buildspecText'],
  ['environment.image', 'image'],
  ['environment.type', 'environmentType'],
  ['environment.compute', 'compute'],
  ['environment.privileged', 'privileged'],
  ['environment.variables', 'variables'],
  ['artifacts.path', 'artifactPath'],
  ['artifacts.name', 'artifactName'],
  ['artifacts', 'artifactBucket'],
  ['cache.modes', 'cacheModes'],
  ['cache', 'cacheLocation'],
  ['vpc.subnets', 'subnets'],
  ['vpc.security_group_ids', 'securityGroups'],
  ['vpc', 'vpcId'],
  ['logs.s3', 's3LogLocation'],
  ['logs.cloudwatch.stream_prefix', 'logStream'],
  ['logs', 'logGroup'],
  ['service_role', 'serviceRole'],
  ['timeout_minutes', 'timeout'],
  ['queued_timeout_minutes', 'queuedTimeout'],
  ['concurrent_build_limit', 'concurrency'],
  ['webhook', 'filterGroups'],
  ['tags', 'tags'],
  ['quality_gates.line_coverage_min', 'coverageMin'],
  ['quality_gates.signing_key', 'signingKey'],
  ['quality_gates', 'criticalMax'],
];

export function projectInputOf(wireField: string): InputName | null {
  const found = INPUTS.find(
    ([wire]) => wireField === wire || wireField.startsWith(`${wire}.`) || wireField.startsWith(`${wire}[`),
  );
  return found?.[1] ?? null;
}

const SECTIONS: Partial<Record<InputName, SectionName>> = {
  artifactBucket: 'artifacts',
  artifactPath: 'artifacts',
  artifactName: 'artifacts',
  cacheModes: 'artifacts',
  cacheLocation: 'artifacts',
  vpcId: 'network',
  subnets: 'network',
  securityGroups: 'network',
  serviceRole: 'network',
  timeout: 'limits',
  queuedTimeout: 'limits',
  concurrency: 'limits',
  filterGroups: 'webhook',
  logGroup: 'logs',
  logStream: 'logs',
  s3LogLocation: 'logs',
  coverageMin: 'gates',
  criticalMax: 'gates',
  signingKey: 'gates',
  tags: 'tags',
};
/** The folded section that an input stands in; an error there opens it. */
export const sectionOf = (input: string): SectionName | null => SECTIONS[input as InputName] ?? null;

/** What the form can tell by itself: only what is missing. The server judges the rest. */
export function missingInProject(values: ProjectValues): Partial<Record<InputName, string>> {
  const errors: Partial<Record<InputName, string>> = {};
  if (values.name.trim() === '') errors.name = 'Give the project a name.';
  if (values.sourceType !== 'none' && values.location.trim() === '') errors.location = 'Say where the source is.';
  if (values.buildspecKind === 'inline' && values.buildspecText.trim() === '')
    errors.buildspecText = 'Write the buildspec, or take a template.';
  if (values.sourceType === 'none' && values.buildspecKind === 'file')
    errors.buildspecPath = 'Without a source there is no file: write the buildspec here.';
  if (values.artifactsOn && values.artifactBucket.trim() === '') errors.artifactBucket = 'Name the bucket.';
  if (values.cacheType === 's3' && values.cacheLocation.trim() === '') errors.cacheLocation = 'Name bucket and prefix.';
  return errors;
}
