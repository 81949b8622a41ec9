import { expect, test } from 'vitest';
import { z } from 'zod';
import { toolEnvironment, toolVariables } from './tool-environment.js';

test('tools get their own variables and nothing else', () => {
  const config = z
    .object({ ...toolVariables, SECRETS_KEY: z.string() })
    .parse({ PATH: '/bin', https_proxy: 'http://proxy:3128', SECRETS_KEY: 'canary', ADMIN_PASSWORD: 'canary' });
  expect(toolEnvironment(config)).toEqual({ PATH: '/bin', https_proxy: 'http://proxy:3128' });
});
