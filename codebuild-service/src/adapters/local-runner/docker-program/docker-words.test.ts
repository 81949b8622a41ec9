import { expect, test } from 'vitest';
import { parseDocker } from './docker-words.js';

const words = (line: string) => parseDocker(line.split(' '));

test('a build says what it is of', () => {
  expect(
    words(
      'build -f ci/Dockerfile --tag shop:1 -t shop:2 --build-arg A=1=2 --build-arg B --label x=y --pull --no-cache .',
    ),
  ).toEqual({
    type: 'build',
    tags: ['shop:1', 'shop:2'],
    file: 'ci/Dockerfile',
    buildArgs: { A: '1=2', B: null },
    labels: { x: 'y' },
    target: undefined,
    context: '.',
    quiet: false,
    iidFile: undefined,
    push: false,
  });
  expect(words('buildx build --push --tag=shop:1 --target test --platform linux/amd64 app')).toMatchObject({
    type: 'build',
    tags: ['shop:1'],
    target: 'test',
    context: 'app',
    push: true,
  });
  expect(words('--config /x image build .')).toMatchObject({ type: 'build', context: '.' });
});

test.each([
  ['tag a b:1', { type: 'tag', from: 'a', to: 'b:1' }],
  ['push 127.0.0.1:5001/shop:1', { type: 'push', image: '127.0.0.1:5001/shop:1', quiet: false }],
  [
    'login --username AWS --password-stdin https://1.dkr.ecr.eu-west-1.amazonaws.com',
    { type: 'login', host: '1.dkr.ecr.eu-west-1.amazonaws.com', username: 'AWS', password: undefined },
  ],
  ['login -u me -p secret', { type: 'login', host: 'docker.io', username: 'me', password: 'secret' }],
  ['images -q', { type: 'images', quiet: true }],
  ['inspect -f {{.Id}} shop:1', { type: 'inspect', images: ['shop:1'], format: '{{.Id}}' }],
  ['image inspect shop:1', { type: 'inspect', images: ['shop:1'], format: undefined }],
  ['rmi -f shop:1', { type: 'remove', images: ['shop:1'] }],
  ['--version', { type: 'version' }],
])('docker %s', (line, expected) => {
  expect(words(line)).toEqual(expected);
});

test.each([
  ['run --rm alpine', 'docker run'],
  ['build --secret id=x .', 'docker build --secret'],
  ['build https://example.com/x.git', 'docker build with the context https://example.com/x.git'],
  ['build', 'docker build takes one context folder'],
  ['compose up', 'docker compose'],
  ['login -u me', 'docker login without --password-stdin'],
  ['pull node:24', 'docker pull'],
])('docker %s is refused in words', (line, why) => {
  expect(words(line)).toEqual({ type: 'refused', why });
});
