/**
 * Lifecycle policies of repositories: rules in the platform's words and the JSON of AWS. Rules of another shape (patterns,
 * pull times, archiving) are shown as they are and kept when the others are changed. Pure.
 */
import type { LifecyclePolicyView, LifecycleRule } from '@aws-deployer/platform/contracts/images';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { z } from 'zod';

const AwsRule = z.strictObject({
  rulePriority: z.number(),
  description: z.string().default(''),
  selection: z.strictObject({
    tagStatus: z.enum(['tagged', 'untagged', 'any']),
    tagPrefixList: z.array(z.string()).optional(),
    countType: z.enum(['imageCountMoreThan', 'sinceImagePushed']),
    countUnit: z.literal('days').optional(),
    countNumber: z.number().int().min(1),
  }),
  action: z.strictObject({ type: z.literal('expire') }),
});
const Policy = z.looseObject({ rules: z.array(z.looseObject({ rulePriority: z.number().default(0) })) });
type Rules = readonly Readonly<Record<string, unknown>>[];

/** What AWS keeps, as the console shows it. */
export function readPolicy(text: string | null): LifecyclePolicyView {
  const { known, others } = parted(text);
  return { rules: known, other_rules: others.map((rule) => JSON.stringify(rule)), text };
}

/** The policy with `rules` in place of those that have their shape; null: no rule is left. Throws invalid on `rules.<n>`. */
export function policyWith(rules: readonly LifecycleRule[], before: string | null): string | null {
  rules.forEach(check);
  const { others } = parted(before);
  const all = [...others, ...rules.map(toAws)];
  if (all.length === 0) return null;
  // AWS takes a rule on all images only after every other.
  const ordered = [...all.filter((rule) => !onAny(rule)), ...all.filter(onAny)];
  return JSON.stringify({ rules: ordered.map((rule, at) => ({ ...rule, rulePriority: at + 1 })) });
}

function check(rule: LifecycleRule, at: number, all: readonly LifecycleRule[]): void {
  const refused = (field: string, message: string, mend: string) =>
    invalidField(`rules.${at}${field}`, message, mend, 'lifecycle_rule');
  if ((rule.keep_last === undefined) === (rule.older_than_days === undefined))
    throw refused('', 'needs exactly one of keep_last and older_than_days', 'give one of the two');
  if (rule.tags === 'tagged' && rule.tag_prefixes.length === 0)
    throw refused('.tag_prefixes', 'is empty', 'name the prefixes of the tags, or take any');
  if (rule.tags !== 'tagged' && rule.tag_prefixes.length > 0)
    throw refused('.tag_prefixes', `has no meaning for ${rule.tags} images`, 'leave it out, or take tagged');
  if (rule.tags === 'any' && all.findIndex(({ tags }) => tags === 'any') !== at)
    throw refused('.tags', 'is the second rule on any image', 'join the two: AWS takes one');
}

const onAny = (rule: Readonly<Record<string, unknown>>): boolean =>
  z.object({ selection: z.object({ tagStatus: z.literal('any') }) }).safeParse(rule).success;

const toAws = ({ description, tags, tag_prefixes, keep_last, older_than_days }: LifecycleRule): Rules[number] => ({
  description,
  selection: {
    tagStatus: tags,
    ...(tags === 'tagged' ? { tagPrefixList: tag_prefixes } : {}),
    ...(keep_last === undefined
      ? { countType: 'sinceImagePushed', countUnit: 'days', countNumber: older_than_days }
      : { countType: 'imageCountMoreThan', countNumber: keep_last }),
  },
  action: { type: 'expire' },
});

function parted(text: string | null): { known: LifecycleRule[]; others: Rules } {
  if (text === null) return { known: [], others: [] };
  const known: LifecycleRule[] = [];
  const others: Record<string, unknown>[] = [];
  for (const rule of parsed(text)) {
    const read = AwsRule.safeParse(rule);
    if (!read.success) {
      others.push(rule);
      continue;
    }
    const { description, selection } = read.data;
    known.push({
      description,
      tags: selection.tagStatus,
      tag_prefixes: selection.tagPrefixList ?? [],
      ...(selection.countType === 'sinceImagePushed'
        ? { older_than_days: selection.countNumber }
        : { keep_last: selection.countNumber }),
    });
  }
  return { known, others };
}

function parsed(text: string): Record<string, unknown>[] {
  try {
    const { rules } = Policy.parse(JSON.parse(text));
    return rules.toSorted((a, b) => a.rulePriority - b.rulePriority);
  } catch (cause) {
    throw new AppError('unavailable', 'aws_failed', 'AWS ECR answered with a lifecycle policy that is none', { cause });
  }
}
