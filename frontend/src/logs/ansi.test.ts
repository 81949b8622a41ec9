import { expect, test } from 'vitest';
import { parseAnsi, plainText } from './ansi.js';

const E = '\u001b[';

test('colours and weights become spans', () => {
  const spans = parseAnsi(`${E}1mStep${E}0m a ${E}33;4mwarn${E}39m on${E}0m ${E}38;5;196mred${E}0m ${E}38;2;1;2;3mrgb`);
  expect(spans.map(({ text }) => text)).toEqual(['Step', ' a ', 'warn', ' on', ' ', 'red', ' ', 'rgb']);
  expect(spans[0]).toMatchObject({ bold: true, color: null });
  expect(spans[2]).toMatchObject({ underline: true, color: '#efb94f' });
  expect(spans[3]).toMatchObject({ underline: true, color: null });
  expect(spans[5]?.color).toBe('rgb(255 0 0)');
  expect(spans[7]?.color).toBe('rgb(1 2 3)');
});

test('cursor moves, titles and rewritten lines leave the last text', () => {
  expect(plainText(`10 %\r50 %\r${E}2K100 %\r\n`)).toBe('100 %');
  expect(plainText('\u001b]0;title\u0007text')).toBe('text');
  expect(parseAnsi('')).toEqual([]);
});
