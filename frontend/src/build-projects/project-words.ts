/** A project in sentences: what a build of it will do, and what a folded section holds. Pure. */
import { count } from '../ui/words.js';
import { computeLabel } from './environment-options.js';
import type { SectionName } from './project-errors.js';
import type { ProjectValues } from './project-values.js';
import { sourceTypeLabel } from './source-type.js';

export interface PlanStep {
  readonly stage: string;
  readonly text: string;
}

export function planOfProject(values: ProjectValues): PlanStep[] {
  const steps: PlanStep[] = [
    { stage: 'Queue', text: `In the share of team ${values.team.trim() === '' ? 'default' : values.team.trim()}.` },
  ];
  if (values.sourceType !== 'none') {
    const version = values.version.trim() === '' ? 'The default version' : values.version.trim();
    const place = values.location.trim() === '' ? 'the source' : values.location.trim();
    steps.push({ stage: 'Fetch', text: `${version} of ${place} (${sourceTypeLabel(values.sourceType)}).` });
  }
  steps.push({
    stage: 'Build',
    text: `${
      values.buildspecKind === 'file'
        ? `The phases of ${values.buildspecPath.trim() === '' ? 'buildspec.yml' : values.buildspecPath.trim()}`
        : 'The phases of the buildspec written here'
    }, in ${values.image.trim() === '' ? 'the default image' : values.image.trim()}, ${computeLabel(values.compute)}.`,
  });
  if (values.artifactsOn) {
    steps.push({
      stage: 'Keep',
      text: `The artifacts, in ${values.artifactBucket.trim() === '' ? 'a bucket' : values.artifactBucket.trim()}.`,
    });
  }
  const gates = gateWords(values);
  if (gates.length > 0) steps.push({ stage: 'Judge', text: `${gates.join('; ')}.` });
  return steps;
}

function gateWords(values: ProjectValues): string[] {
  const most = [
    ['critical', values.criticalMax],
    ['high', values.highMax],
    ['medium', values.mediumMax],
  ] as const;
  return [
    ...(values.testsPassed ? ['tests passed'] : []),
    ...(values.coverageMin === '' ? [] : [`line coverage at least ${values.coverageMin} %`]),
    ...most.flatMap(([name, at]) => (at === '' ? [] : [`at most ${at} ${name} findings`])),
    ...(values.imageSigned ? ['image signed'] : []),
  ];
}

/** What a closed section holds, in one line. */
export function sectionNote(section: SectionName, values: ProjectValues): string {
  switch (section) {
    case 'artifacts':
      return `${values.artifactsOn ? `Artifacts to ${values.artifactBucket || 'a bucket'}` : 'No artifacts'}, ${
        { none: 'no cache', local: 'cache on the build machine', s3: 'cache in S3' }[values.cacheType]
      }`;
    case 'webhook':
      return `${
        values.webhookOn
          ? values.filterGroups.length === 0
            ? 'Every push builds'
            : `Pushes through ${count(values.filterGroups.length, 'filter group')}`
          : 'No webhook'
      }, ${values.badge ? 'a badge' : 'no badge'}`;
    case 'gates': {
      const gates = gateWords(values);
      return gates.length === 0 ? 'None: every good build may be deployed' : gates.join(', ');
    }
    case 'limits':
      return `${values.timeout === '' ? 60 : values.timeout} min, ${
        values.concurrency === '' ? 'no limit of its own' : `at most ${values.concurrency} at once`
      }`;
    case 'network':
      return `${values.vpcId.trim() === '' ? 'No VPC' : values.vpcId.trim()}, ${
        values.serviceRole.trim() === '' ? 'the platform’s role' : 'a role of its own'
      }`;
    case 'logs':
      return [values.cloudwatch ? 'CloudWatch' : null, values.s3Logs ? 'S3' : null]
        .filter((each) => each !== null)
        .join(' and ')
        .replace(/^$/, 'Kept by the platform only');
    case 'tags':
      return values.tags.length === 0 ? 'None' : values.tags.map(({ key, value }) => `${key}=${value}`).join(', ');
  }
}
