import { DeploymentSource } from '@aws-deployer/platform/contracts/deployments';
import { expect, test } from 'vitest';
import { checkSourcePaths } from './source-paths.js';

const git = { type: 'git', repo_url: 'https://git.example/shop.git' };
const codeOf = (source: object): string | undefined => {
  try {
    checkSourcePaths(DeploymentSource.parse(source));
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test.each([
  [{ ...git, context: '..' }, 'context_escapes'],
  [{ ...git, context: 'a/../../b' }, 'context_escapes'],
  [{ ...git, context: '/etc' }, 'context_escapes'],
  [{ ...git, dockerfile: '/etc/passwd' }, 'dockerfile_escapes'],
  [{ ...git, dockerfile: '../Dockerfile' }, 'dockerfile_escapes'],
  [{ type: 'image', image: '--x y' }, 'image_reference_invalid'],
  [{ ...git, context: 'services/shop', dockerfile: '../../Dockerfile' }, undefined],
  [{ ...git, context: './..name', dockerfile: '--x' }, undefined],
  [{ type: 'image', image: 'registry.example/shop:1' }, undefined],
])('%j is %s', (source, code) => {
  expect(codeOf(source)).toBe(code);
});
