import { expect, test } from 'vitest';
import { apiHost, formatImageReference, isLoopbackHost, parseImageReference } from './image-reference.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['nginx', 'docker.io/library/nginx:latest'],
  ['acme/shop:1.2', 'docker.io/acme/shop:1.2'],
  ['index.docker.io/acme/shop', 'docker.io/acme/shop:latest'],
  ['127.0.0.1:5001/shop', '127.0.0.1:5001/shop:latest'],
  ['localhost/shop:x', 'localhost/shop:x'],
  ['ghcr.io/a/b/c:v1', 'ghcr.io/a/b/c:v1'],
  [`shop@${DIGEST}`, `docker.io/library/shop@${DIGEST}`],
  [`127.0.0.1:5001/shop:1@${DIGEST}`, `127.0.0.1:5001/shop:1@${DIGEST}`],
])('%s means %s', (text, meaning) => {
  expect(formatImageReference(parseImageReference(text))).toBe(meaning);
});

test.each([
  '',
  ':tag',
  'UPPER/case',
  'shop:',
  'shop:-x',
  'shop@sha256:12',
  'a//b',
  '--flag',
  'shop tag',
  '../x',
  'ho st.io/x',
])('%s is refused as invalid', (text) => {
  expect(() => parseImageReference(text)).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'image_reference_invalid' }) as Error,
  );
});

test('only loopback addresses count as this machine', () => {
  expect(['127.0.0.1:5000', 'localhost', '[::1]:5000'].map(isLoopbackHost)).toEqual([true, true, true]);
  expect(['127.0.0.1.evil.com', 'localhost.evil.com', '10.0.0.1'].map(isLoopbackHost)).toEqual([false, false, false]);
});

test('Docker Hub is spoken to at its API host', () => {
  expect(apiHost('docker.io')).toBe('registry-1.docker.io');
  expect(apiHost('ghcr.io')).toBe('ghcr.io');
});
