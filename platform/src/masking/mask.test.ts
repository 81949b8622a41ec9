import { expect, test } from 'vitest';
import { mask, MASKED, Masker, maskText } from './mask.js';

const canary = 'c4nary-S3cret/+value?';

test('a secret is gone in every form in which it travels', () => {
  const masker = new Masker([canary]);
  const forms = [
    canary,
    encodeURIComponent(canary),
    Buffer.from(canary).toString('base64'),
    Buffer.from(canary).toString('base64url'),
    JSON.stringify(canary),
  ];
  for (const form of forms) {
    const masked = masker.text(`before ${form} after`);
    expect(masked).toContain(MASKED);
    expect(masked).not.toContain(form.replaceAll('"', ''));
  }
});

test('a secret inside a basic-auth header is gone at any offset', () => {
  const masker = new Masker([canary]);
  for (const user of ['a', 'ab', 'abc', 'x-access-token']) {
    const header = Buffer.from(`${user}:${canary}`).toString('base64');
    const middle = Buffer.from(canary).toString('base64').slice(4, 12);
    const masked = masker.text(header);
    expect(masked).toContain(MASKED);
    expect(Buffer.from(masked.replaceAll(MASKED, ''), 'base64').toString()).not.toContain(canary.slice(2, -3));
    expect(masked).not.toContain(middle);
  }
});

test('values are masked by the name of their key, at any depth, and the input is left as it was', () => {
  const input = {
    user: 'ann',
    nested: [{ docker_token: 'abc', secrets: ['db'], values: { DB_URL: 'x' } }],
    password: 'p',
  };
  expect(mask(input)).toEqual({
    user: 'ann',
    nested: [{ docker_token: MASKED, secrets: ['db'], values: { DB_URL: MASKED } }],
    password: MASKED,
  });
  expect(input.password).toBe('p');
});

test.each([
  ['https://bob:hunter2@git.example/x.git', 'hunter2'],
  ['Authorization: Bearer abcdefghijklmnop', 'abcdefghijklmnop'],
  ['key AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
  ['ghp_0123456789abcdefghijklmnopqrstuvwxyz', 'ghp_0123456789'],
  ['-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----', 'abc'],
])('%s loses its secret', (text, secret) => {
  expect(maskText(text)).not.toContain(secret);
});

test('ordinary text stays', () => {
  const text = 'GET https://example.com/a?b=c at 12:30 by user@example.com basic auth needed';
  expect(maskText(text)).toBe(text);
});

test('the value of a variable is masked by the variable’s name', () => {
  expect(
    mask({
      variables: [
        { name: 'DB_PASSWORD', value: 'abc', type: 'PLAINTEXT' },
        { name: 'LEVEL', value: 'debug' },
      ],
    }),
  ).toEqual({
    variables: [
      { name: 'DB_PASSWORD', value: MASKED, type: 'PLAINTEXT' },
      { name: 'LEVEL', value: 'debug' },
    ],
  });
});
