import { expect, test } from 'vitest';
import { shortRepo, sourceWords } from './source-words.js';

test('sources in words', () => {
  expect(sourceWords({ type: 'git', repo_url: 'git@github.com:acme/shop.git', ref: 'main' })).toEqual({
    kind: 'git',
    text: 'github.com/acme/shop',
    ref: 'main',
  });
  expect(sourceWords({ type: 'snippet', language: 'python', code: '' }).text).toBe('pasted python source');
  expect(sourceWords({ type: 'image', image: 'ghcr.io/acme/shop:1@sha256:00' }).text).toBe('acme/shop:1');
  expect(sourceWords(null).text).toBe('unknown source');
  expect(shortRepo('file:///srv/repos/hello-node')).toBe('repos/hello-node');
});
