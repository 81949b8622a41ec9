import { expect, test } from 'vitest';
import { BLANK } from './form-values.js';
import { planOf } from './plan.js';

test('tells what will be done, with the engine that was picked', () => {
  const plan = planOf({ ...BLANK, repoUrl: 'https://github.com/acme/shop.git', ref: 'v2', replicas: 3 }, [
    { port: 'builder', picked: 'host', why: '', simulated: false },
  ]);
  expect(plan.map(({ stage }) => stage)).toEqual(['Fetch', 'Build', 'Roll out', 'Test', 'Watch']);
  expect(plan[0]?.text).toBe('Clone v2 of github.com/acme/shop.');
  expect(plan[1]?.text).toContain('the host builder');
  expect(plan[2]?.text).toContain('3 pods as a Deployment in development');
});

test('an image is not built', () => {
  const plan = planOf({ ...BLANK, sourceType: 'image', image: 'nginx:1' }, []);
  expect(plan.map(({ stage }) => stage)).not.toContain('Build');
});
