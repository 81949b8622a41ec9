import { expect, test } from 'vitest';
import { z } from 'zod';
import { CreateDeploymentBody } from '../contracts/deployments.js';
import { CreateSecretBody } from '../contracts/registries.js';
import { MissionDeployBody } from '../contracts/mission.js';
import { onlyFields, recordableBody } from './refused-body.js';

const kept = (schema: z.ZodType, body: unknown): unknown => {
  const parsed = schema.safeParse(body, { reportInput: true });
  return parsed.success ? body : recordableBody(body, parsed.error);
};

test('a secret under a wrong name is not kept', () => {
  expect(kept(CreateSecretBody, { name: 'gt', type: 'git_token', value: 'hush-hush' })).toEqual({
    name: 'gt',
    type: 'git_token',
    value: '[masked]',
  });
});

test('what is known stays, also in a list and in a union', () => {
  expect(kept(MissionDeployBody, { repo_url: 'https://x/y', image_name: 'shop', key: 'hush' })).toEqual({
    repo_url: 'https://x/y',
    image_name: 'shop',
    key: '[masked]',
  });
  const lines = z.array(z.strictObject({ a: z.string() }));
  expect(kept(lines, [{ a: 'x' }, { a: 'y', b: { c: 'hush' } }])).toEqual([{ a: 'x' }, { a: 'y', b: '[masked]' }]);
});

test('nothing is kept of a part without a known shape', () => {
  expect(kept(CreateSecretBody, 'hush')).toBe('[masked]');
  expect(kept(CreateDeploymentBody, { application: 'shop', source: { type: 'ftp', login: 'hush' } })).toEqual({
    application: 'shop',
    source: '[masked]',
  });
});

test('where only some fields may be kept, nothing of the others is, not even their names', () => {
  const body = { operation: 'put_object', region: 'eu-central-1', whatever: 'canary-field-77' };
  expect(onlyFields(body, ['operation', 'region'])).toEqual({ operation: 'put_object', region: 'eu-central-1' });
  expect(onlyFields('canary-field-77', ['operation'])).toBeNull();
  expect(onlyFields(body, undefined)).toBe(body);
});
