/** The catalogue on the wire. */
import type { AwsOperationsQuery, AwsOperationView } from '@aws-deployer/platform/contracts/aws-operations';
import type { Page } from '@aws-deployer/platform/contracts/wire';
import { decodeCursor, pageFrom } from '@aws-deployer/platform/database/cursor';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { z } from 'zod';
import { OPERATIONS, operationNamed } from './catalogue/all.js';
import { serviceOf, type Operation } from './operation.js';

export const operationView = (operation: Operation): AwsOperationView => ({
  name: operation.name,
  service: serviceOf(operation),
  title: operation.title,
  description: operation.description,
  effect: operation.effect,
  parameters: parametersSchema(operation),
  permissions: [...operation.permissions],
  columns: [...operation.columns],
  paged: operation.paged,
});
/** JSON Schema of what may be sent. */
export function parametersSchema({ parameters }: Operation): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
  return schema;
}

/** Each word of `q` is somewhere in the operation. */
const speaksOf = (operation: Operation, q: string): boolean => {
  const text = [operation.name, operation.title, operation.description, ...operation.phrases].join(' ').toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};
export function listOperations({ service, effect, q, limit, cursor }: AwsOperationsQuery): Page<AwsOperationView> {
  const found = OPERATIONS.filter(
    (operation) =>
      (service === undefined || serviceOf(operation) === service) &&
      (effect === undefined || operation.effect === effect) &&
      (q === undefined || speaksOf(operation, q)),
  );
  const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0];
  const start = after === undefined ? 0 : found.findIndex(({ name }) => name === after) + 1;
  return pageFrom(found.slice(start, start + limit + 1), limit, operationView, ({ name }) => [name]);
}

/** Throws not_found/`operation_unknown`. */
export function knownOperation(name: string): Operation {
  const operation = operationNamed(name);
  if (operation !== undefined) return operation;
  throw new AppError(
    'not_found',
    'operation_unknown',
    `There is no operation ${name}: GET /api/v1/aws/operations lists those there are`,
  );
}
