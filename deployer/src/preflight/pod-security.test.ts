/** A namespace that lets nothing run as root, against images that do, do not, or are not built yet. */
import { expect, test } from 'vitest';
import { foundImage, IMAGE, Scene, shop, told } from './testing/question.js';

const restricted = (): Scene => {
  const scene = new Scene();
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  scene.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev', labels } });
  return scene;
};
const violation = async (scene: Scene) => (await scene.ask()).find(({ code }) => code === 'pod_security_violation');

test('an image that names its user by a number is taken', async () => {
  const scene = restricted();
  scene.manifests = shop({}, undefined, true);
  scene.images = [foundImage({ user: '1000' })];
  expect(told(await scene.ask())).toEqual([]);
});

test.each([
  ['', 'the image runs as root'],
  ['0', 'the image runs as root'],
  ['node', 'the image names its user node, which may be root for all that is known'],
])('an image with the user "%s" is not, and the line for its Dockerfile is told', async (user, why) => {
  const scene = restricted();
  scene.images = [foundImage({ user })];
  expect(await violation(scene)).toMatchObject({
    state: 'fail',
    message: expect.stringContaining(`level restricted does not allow these pods (${why})`) as string,
    mend: expect.stringContaining('USER 1000') as string,
  });
});

test('of an image that is not built yet it is not known: a warning, also where the server refuses a pod of it', async () => {
  const scene = restricted();
  scene.images = [{ image: 'registry.test/shop', outcome: 'to_be_built', registry: undefined, note: 'It is built.' }];
  scene.refuse('Pod', 403, {
    reason: 'Forbidden',
    message: 'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
  });
  expect(told(await scene.ask())).toEqual(['warn pod_security_violation']);
  expect((await violation(scene))?.mend).toContain('USER 1000');
});

test('what no Dockerfile mends stays a failure, built or not', async () => {
  const scene = restricted();
  scene.manifests = shop({}, (pod) => (pod['hostNetwork'] = true));
  scene.images = [{ image: IMAGE, outcome: 'to_be_built', registry: undefined, note: 'It is built.' }];
  const found = await violation(scene);
  expect(found).toMatchObject({ state: 'fail' });
  expect(found?.mend).not.toContain('USER');
});
