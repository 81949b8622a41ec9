import { Masker } from '@aws-deployer/platform/masking/mask';
import { expect, test } from 'vitest';
import { readLine } from './output-line.js';

const NOW = '2026-11-21T04:00:00.000Z';
const outputsOf = (outputs: object, secrets: readonly string[] = []) =>
  readLine(
    JSON.stringify({ '@level': 'info', '@message': 'Outputs: 1', type: 'outputs', outputs }),
    new Masker(secrets),
    NOW,
  ).events.filter(({ type }) => type === 'outputs');

test('outputs of an apply are told with their values, of what is sensitive only that it is there', () => {
  const outputs = {
    nodes: { sensitive: false, type: ['tuple', ['number']], value: [1] },
    key: { sensitive: true, type: 'string' },
  };
  expect(outputsOf(outputs)).toEqual([
    {
      type: 'outputs',
      data: {
        outputs: [
          { name: 'nodes', value: [1], sensitive: false },
          { name: 'key', value: null, sensitive: true },
        ],
      },
    },
  ]);
});

test('a secret in an output is masked, wherever it stands; one named like a secret is one', () => {
  const outputs = { url: { value: ['https://user:correct-horse@db'] }, db_password: { value: 'anything' } };
  expect(JSON.stringify(outputsOf(outputs, ['correct-horse']))).not.toMatch(/correct-horse|anything/);
});

test('a plan has no outputs yet, and a line that is no JSON is a line', () => {
  expect(outputsOf({ nodes: { sensitive: false, action: 'create' } })).toEqual([]);
  expect(readLine('There are problems', new Masker([]), NOW).events).toEqual([
    { type: 'line', data: { ts: NOW, level: 'info', text: 'There are problems' } },
  ]);
});
