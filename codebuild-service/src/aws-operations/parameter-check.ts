/** Parameters against the schema of their operation; what is wrong is named by field, with the mend. */
import { AppError, type FieldProblem } from '@aws-deployer/platform/errors/app-error';
import { invalidInput } from '@aws-deployer/platform/http/problem';
import type { z } from 'zod';
import type { Operation } from './operation.js';

/** `where` stands before the names of fields: `parameters.` where they lie in a field of their own. */
export function checkedParameters(operation: Operation, parameters: unknown, where = ''): Record<string, unknown> {
  const parsed = operation.parameters.safeParse(parameters, { reportInput: true });
  if (parsed.success) return withoutUndefined(parsed.data);
  const mends = mendsOf(parsed.error);
  const fields = invalidInput('body', parsed.error).fields.map(({ field, message, mend }): FieldProblem => ({
    field: `${where}${field}`,
    message,
    mend: mends.get(field) ?? (/is not a known field/.test(message) ? knownOnes(operation) : mend),
  }));
  const said = fields.map(({ field, message }) => `${field} ${message}`).join('; ');
  throw new AppError('invalid', 'invalid_parameters', `${operation.name}: ${said}`, { fields });
}

const withoutUndefined = (data: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined));
/** Where a rule of an operation says itself how to mend it. */
const mendsOf = (error: z.ZodError): Map<string, string> =>
  new Map(
    error.issues.flatMap((issue) =>
      issue.code === 'custom' && typeof issue.params?.['mend'] === 'string'
        ? [[issue.path.map(String).join('.'), issue.params['mend']] as const]
        : [],
    ),
  );
const knownOnes = (operation: Operation): string => {
  const names = Object.keys(operation.parameters.shape);
  return names.length === 0 ? 'leave it out: the operation takes no parameters' : `use one of ${names.join(', ')}`;
};
