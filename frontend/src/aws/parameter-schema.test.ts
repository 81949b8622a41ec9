import { expect, test } from 'vitest';
import { BadParameter, fieldLabel, fieldsOf, parametersOf, valuesOfParameters } from './parameter-schema.js';

const schema = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    instance_ids: { type: 'array', items: { type: 'string' }, description: 'Which' },
    ports: { type: 'array', items: { type: 'integer' } },
    state: { type: 'string', enum: ['running', 'stopped'] },
    force: { type: 'boolean' },
    tags: { type: 'object', additionalProperties: { type: 'string' } },
    vpc: { anyOf: [{ type: 'string' }, { type: 'null' }] },
    rules: { type: 'array', items: { type: 'object' } },
  },
  required: ['instance_ids', 'limit'],
};

test('a schema becomes inputs, what is required first; a default is never missing', () => {
  const fields = fieldsOf(schema);
  expect(fields.map(({ name, kind, required }) => `${name} ${kind}${required ? ' !' : ''}`)).toEqual([
    'instance_ids list !',
    'limit number',
    'ports list',
    'state choice',
    'force flag',
    'tags pairs',
    'vpc text',
    'rules json',
  ]);
  expect(fields.find(({ name }) => name === 'limit')).toMatchObject({ min: 1, max: 100, placeholder: '20' });
  expect(fieldsOf(null)).toEqual([]);
  expect(fieldLabel('instance_ids')).toBe('Instance ids');
});

test('what is empty is left out; numbers, lists, pairs and JSON get their own types', () => {
  const fields = fieldsOf(schema);
  expect(
    parametersOf(fields, {
      instance_ids: ['i-1'],
      limit: '5',
      ports: ['80', '443'],
      state: '',
      force: false,
      tags: [
        { key: 'team', value: 'shop' },
        { key: ' ', value: 'lost' },
      ],
      rules: '[{"a":1}]',
    }),
  ).toEqual({
    instance_ids: ['i-1'],
    limit: 5,
    ports: [80, 443],
    force: false,
    tags: { team: 'shop' },
    rules: [{ a: 1 }],
  });
  expect(() => parametersOf(fields, { rules: '[' })).toThrow(BadParameter);
});

test('known parameters fill the inputs and come back the same', () => {
  const fields = fieldsOf(schema);
  const parameters = {
    instance_ids: ['i-1'],
    limit: 5,
    ports: [80],
    force: true,
    tags: { a: 'b' },
    vpc: 'vpc-1',
    rules: [{}],
  };
  expect(parametersOf(fields, valuesOfParameters(fields, parameters))).toEqual(parameters);
});
