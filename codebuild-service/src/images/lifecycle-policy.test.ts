import type { LifecycleRule } from '@aws-deployer/platform/contracts/images';
import { expect, test } from 'vitest';
import { policyWith, readPolicy } from './lifecycle-policy.js';

const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  description: '',
  tags: 'untagged',
  tag_prefixes: [],
  ...more,
});
const PATTERN = {
  rulePriority: 1,
  description: 'by pattern',
  selection: { tagStatus: 'tagged', tagPatternList: ['v*'], countType: 'imageCountMoreThan', countNumber: 5 },
  action: { type: 'expire' },
};

test('rules become AWS’s and come back as they were; the one on any image is the last', () => {
  const rules = [
    rule({ tags: 'any', keep_last: 100, description: 'bound' }),
    rule({ older_than_days: 14 }),
    rule({ tags: 'tagged', tag_prefixes: ['pr-'], keep_last: 3 }),
  ];
  const text = policyWith(rules, null);
  expect(JSON.parse(text ?? '')).toEqual({
    rules: [
      {
        rulePriority: 1,
        description: '',
        selection: { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
        action: { type: 'expire' },
      },
      {
        rulePriority: 2,
        description: '',
        selection: { tagStatus: 'tagged', tagPrefixList: ['pr-'], countType: 'imageCountMoreThan', countNumber: 3 },
        action: { type: 'expire' },
      },
      {
        rulePriority: 3,
        description: 'bound',
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 100 },
        action: { type: 'expire' },
      },
    ],
  });
  const [any, untagged, tagged] = rules;
  expect(readPolicy(text)).toEqual({ rules: [untagged, tagged, any], other_rules: [], text });
});

test('a rule that has no words here is shown as it is and survives a change', () => {
  const before = JSON.stringify({ rules: [PATTERN] });
  expect(readPolicy(before)).toMatchObject({ rules: [], other_rules: [JSON.stringify(PATTERN)] });
  const after = policyWith([rule({ older_than_days: 7 })], before);
  expect(JSON.parse(after ?? '').rules).toMatchObject([PATTERN, { rulePriority: 2 }]);
  expect(policyWith([], before)).toBe(before);
  expect(policyWith([], policyWith([rule({ keep_last: 1 })], null))).toBeNull();
});

test.each([
  ['rules.0', [rule({})]],
  ['rules.0', [rule({ keep_last: 1, older_than_days: 1 })]],
  ['rules.0.tag_prefixes', [rule({ tags: 'tagged', keep_last: 1 })]],
  ['rules.0.tag_prefixes', [rule({ tag_prefixes: ['v'], keep_last: 1 })]],
  ['rules.1.tags', [rule({ tags: 'any', keep_last: 1 }), rule({ tags: 'any', keep_last: 2 })]],
])('%s is named when it is wrong', (field, rules) => {
  expect(() => policyWith(rules, null)).toThrow(
    expect.objectContaining({ kind: 'invalid', fields: [expect.objectContaining({ field })] }) as Error,
  );
});

test('a policy that is none is AWS’s fault, not ours', () => {
  expect(() => readPolicy('{"rules":')).toThrow(expect.objectContaining({ code: 'aws_failed' }) as Error);
});
