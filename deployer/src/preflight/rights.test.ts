/** What the platform's own account may not do, told before anything is tried. */
import { expect, test } from 'vitest';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { Scene, shop, told } from './testing/question.js';

const scene = (...forbidden: readonly string[]): Scene => {
  const made = new Scene();
  for (const one of forbidden) made.cluster.forbidden.add(one);
  return made;
};

test('all that is missing stands in one sentence, with its verbs and resources, and is the operators’ to mend', async () => {
  const checks = await scene('create deployments', 'patch deployments', 'watch pods').ask();
  expect(told(checks)).toEqual(['fail cluster_forbidden']);
  expect(checks.find(({ state }) => state === 'fail')).toMatchObject({
    name: 'rights',
    fault: 'platform',
    message: 'The platform’s account may not create or patch deployments.apps, nor watch pods in the namespace dev.',
    mend: expect.stringContaining("apiGroups ['apps'], resources [deployments], verbs [create, patch]") as string,
  });
});

test('what is there already need not be made; a missing right to clean up or to read logs is a warning', async () => {
  const one = scene('create deployments');
  one.running();
  expect(told(await one.ask())).toEqual([]);
  expect(told(await scene('delete services', 'get pods/log').ask())).toEqual(['warn cluster_forbidden']);
});

test('only what the release has is asked for', async () => {
  expect(told(await scene('create ingresses').ask())).toEqual([]);
  const routed = scene('create ingresses');
  routed.manifests = shop({ route: { host: 'shop.localhost' } });
  expect(told(await routed.ask())).toEqual(['fail cluster_forbidden']);
});

test('the refusals of the dry run do not tell it again', async () => {
  const one = scene('create deployments', 'patch deployments');
  one.refuse('Deployment', 403, {
    reason: 'Forbidden',
    message: 'deployments.apps "shop" is forbidden: User "d" cannot patch resource "deployments" in API group "apps"',
  });
  expect(told(await one.ask())).toEqual(['fail cluster_forbidden']);
});

test('a server that does not say what is allowed makes it unknown', async () => {
  const one = scene();
  one.cluster.missingRights = async () => {
    throw new AppError('forbidden', 'cluster_forbidden', 'The account may not ask');
  };
  expect(told(await one.ask())).toEqual(['unknown not_checked']);
});
