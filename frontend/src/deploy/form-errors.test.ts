import { expect, test } from 'vitest';
import { inputOf, isAdvanced, missingIn } from './form-errors.js';
import { BLANK } from './form-values.js';

test('a field of the wire finds its input, however deep it points', () => {
  expect(inputOf('source.repo_url')).toBe('repoUrl');
  expect(inputOf('workload.env.1X')).toBe('env');
  expect(inputOf('workload.route.path')).toBe('routePath');
  expect(inputOf('workload.route.host')).toBe('routeHost');
  expect(inputOf('tests.0.expect_status')).toBe('tests');
  expect(inputOf('tests[0].path')).toBe('tests');
  expect(inputOf('timeouts.monitoring')).toBe('timeouts.monitoring');
  expect(inputOf('timeouts')).toBe('timeouts');
  expect(inputOf('workload.resources.limits.memory')).toBe('memoryLimit');
  expect(inputOf('strategy.type')).toBeNull();
  expect(inputOf('application_of_another_name')).toBeNull();
});

test('an error in the folded part is known to be there', () => {
  expect(isAdvanced('namespace')).toBe(true);
  expect(isAdvanced('timeouts.monitoring')).toBe(true);
  expect(isAdvanced('repoUrl')).toBe(false);
});

test('only what the form can know is told before asking', () => {
  expect(Object.keys(missingIn(BLANK))).toEqual(['application', 'repoUrl']);
  expect(missingIn({ ...BLANK, application: 'Shop!', repoUrl: 'x' }).application).toMatch(/Lower-case/);
  expect(missingIn({ ...BLANK, application: 'shop', sourceType: 'image', image: 'nginx' })).toEqual({});
});
