import { expect, test } from 'vitest';
import { ago, bytes, capital, duration, money, readable, shortDigest, shortImage, stop } from './words.js';

test('spans of time', () => {
  expect([-5, 12.4, 4230, 38_000, 68_000, 7_500_000, 260_000_000].map(duration)).toEqual([
    '0 ms',
    '12 ms',
    '4.2 s',
    '38 s',
    '1 m 08 s',
    '2 h 05 m',
    '3 d',
  ]);
});

test('how long ago', () => {
  const now = Date.parse('2026-11-21T04:00:00.000Z');
  const said = (seconds: number) => ago(new Date(now - seconds * 1000).toISOString(), now);
  expect([1, 30, 90, 7200, 200_000].map(said)).toEqual(['just now', '30 s ago', '1 min ago', '2 h ago', '2 d ago']);
});

test('images and digests, short', () => {
  expect(shortImage('127.0.0.1:5000/team/shop:1@sha256:abc')).toBe('team/shop:1');
  expect(shortImage('library/nginx:1')).toBe('library/nginx:1');
  expect(shortImage(`127.0.0.1:5000/shop:${'0123456789'.repeat(4)}`)).toBe('shop:012345678901');
  expect(readable(`runs sha256:${'ab'.repeat(32)}.`)).toBe('runs sha256:abababababab.');
  expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab');
});

test('sizes, money and half sentences', () => {
  expect([0, 999, 1000, 482_113, 48_200_000, 1_200_000_000].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '482 kB',
    '48.2 MB',
    '1.2 GB',
  ]);
  expect([0, 0.0042, 0.06, 1234.5].map(money)).toEqual(['$0', '$0.0042', '$0.06', '$1,234.50']);
  expect([capital(stop('use spaces')), stop('Why?'), stop('')]).toEqual(['Use spaces.', 'Why?', '']);
});
