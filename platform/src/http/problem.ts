import { databaseGone } from '../database/open-database.js';
import type { z } from 'zod';
import type { Problem } from '../contracts/wire.js';
import { AppError, type FieldProblem } from '../errors/app-error.js';
import { STATUS } from '../errors/status.js';

/** Anything thrown, as an AppError: unknown errors become `internal` and keep their words to the log. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (isHttpError(error)) {
    if (error.type === 'entity.too.large')
      return new AppError(
        'too_large',
        'body_too_large',
        `The body is larger than ${error.limit ?? 'the allowed number of'} bytes`,
        {
          fields: [{ field: 'body', message: `is larger than ${error.limit ?? ''} bytes`, mend: 'send less' }],
          cause: error,
        },
      );
    if (error.type === 'entity.parse.failed')
      return new AppError('invalid', 'malformed_json', 'The body is not JSON', {
        fields: [{ field: 'body', message: 'is not JSON', mend: 'send one JSON document, UTF-8' }],
        cause: error,
      });
    if (error.status < 500) return new AppError('invalid', 'bad_request', error.message, { cause: error });
  }
  const away = databaseGone(error);
  if (away !== undefined) return away;
  return new AppError('internal', 'internal', 'Something broke on our side; the request id finds it in the log', {
    cause: error,
  });
}
const isHttpError = (error: unknown): error is Error & { status: number; type?: string; limit?: number } =>
  error instanceof Error && 'status' in error && typeof error.status === 'number';

export function problemOf(error: AppError, requestId: string): Problem {
  const status = STATUS[error.kind];
  return {
    type: `/problems/${error.code}`,
    title: error.code.replaceAll('_', ' ').replace(/^./, (first) => first.toUpperCase()),
    status,
    detail: error.message,
    code: error.code,
    request_id: requestId,
    errors: [...error.fields],
  };
}

/** The issues of a refused input, each with its field and the mend. */
export function invalidInput(where: 'body' | 'query' | 'params', error: z.ZodError): AppError {
  const fields = error.issues.flatMap((issue) => fieldProblems(issue, []));
  const first = fields[0] ?? { field: where, message: 'is not valid', mend: 'see the API reference' };
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  return new AppError('invalid', 'invalid_request', `${first.field} ${first.message}${more}`, { fields, cause: error });
}

type Issue = z.core.$ZodIssue;
function fieldProblems(issue: Issue, parent: readonly PropertyKey[]): FieldProblem[] {
  const path = [...parent, ...issue.path];
  const field = path.map(String).join('.') || 'body';
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        field: [...path, key].map(String).join('.'),
        message: 'is not a known field',
        mend: 'remove it, or check its spelling',
      }));
    case 'invalid_union': {
      // Of several shapes, speak of the one that the caller came nearest to.
      const nearest = [...issue.errors].sort((a, b) => weight(a) - weight(b))[0];
      if (nearest === undefined || nearest.length === 0) return [withoutShape(field, issue)];
      return nearest.flatMap((inner) => fieldProblems(inner, path));
    }
    case 'invalid_type':
      return [
        issue.input === undefined
          ? { field, message: 'is missing', mend: `give it: ${issue.expected}` }
          : { field, message: `must be of type ${issue.expected}`, mend: `send ${article(issue.expected)}` },
      ];
    case 'invalid_key':
      return issue.issues.map((inner) => ({ field, message: `its name ${wordsOf(inner)}`, mend: 'rename it' }));
    case 'invalid_value':
      if (issue.values.includes('true') && issue.values.includes('false'))
        return [{ field, message: 'must be true or false', mend: 'use true or false' }];
      return [
        {
          field,
          message: `must be one of ${issue.values.map(String).join(', ')}`,
          mend: `use ${issue.values.map(String).join(' or ')}`,
        },
      ];
    default:
      return [{ field, message: wordsOf(issue), mend: 'change the value accordingly' }];
  }
}
/** Missing or unknown fields weigh more than a wrong value in the right field; an object where a list is meant most of all. */
const weight = (issues: readonly Issue[]): number =>
  issues.reduce(
    (sum, issue) =>
      sum +
      (issue.code === 'invalid_type' && issue.path.length === 0
        ? 1_000
        : issue.code === 'unrecognized_keys'
          ? 2 * issue.keys.length
          : issue.code === 'invalid_type' && issue.input === undefined
            ? 3
            : 1),
    0,
  );
function withoutShape(field: string, issue: Issue): FieldProblem {
  const known = 'options' in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  return known.length === 0
    ? { field, message: 'matches none of the allowed shapes', mend: 'see the API reference' }
    : { field, message: `must be one of ${known.join(', ')}`, mend: `use ${known.join(' or ')}` };
}
/** A schema's own sentence where it has one, else ours in place of the library's. */
function wordsOf(issue: Issue): string {
  if (!/^(Invalid|Too) /.test(issue.message)) return lowerFirst(issue.message);
  if (issue.code === 'too_small' || issue.code === 'too_big') return boundOf(issue);
  if (issue.code !== 'invalid_format') return lowerFirst(issue.message);
  if (issue.format === 'starts_with') return `must begin with ${String('prefix' in issue ? issue.prefix : '')}`;
  if (issue.format === 'uuid') return 'must be an id (a UUID)';
  if (issue.format === 'datetime') return 'must be an instant such as 2026-01-31T12:00:00Z';
  return lowerFirst(issue.message);
}
function boundOf(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const small = issue.code === 'too_small';
  const bound = Number(small ? issue.minimum : issue.maximum);
  const unit = issue.origin === 'string' ? 'characters' : issue.origin === 'array' ? 'items' : '';
  const amount = issue.inclusive === false ? (small ? 'more than' : 'less than') : small ? 'at least' : 'at most';
  if (unit === 'characters' && small && bound === 1) return 'must not be empty';
  return unit === ''
    ? `must be ${amount} ${bound}`
    : `must have ${amount} ${bound} ${bound === 1 ? unit.slice(0, -1) : unit}`;
}
const article = (noun: string) => (/^[aeiou]/.test(noun) ? `an ${noun}` : `a ${noun}`);
const lowerFirst = (text: string) => text.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase());
