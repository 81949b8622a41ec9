/**
 * The loose fields of the mission's body as parameters of an operation: in AWS's spelling or ours (`InstanceIds`,
 * `instanceIds`, `instance_ids`), one thing where a list is meant, and figures as text. What is none of the operation's
 * stays as it is, so that the schema refuses it by its name.
 */
import type { z } from 'zod';
import { shapesOf, type Operation } from '../aws-operations/operation.js';

const letters = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** `fields`: all that is beside the body's own ones; a field `parameters` that is an object lies under them. */
export function parametersFrom(
  fields: Readonly<Record<string, unknown>>,
  operation: Operation,
): Record<string, unknown> {
  const { parameters: nested, ...flat } = fields;
  const all = isObject(nested) ? { ...nested, ...flat } : fields;
  const shapes = shapesOf(operation);
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => {
      const [known, shape] = shapes.find(([parameter]) => isCalled(name, parameter)) ?? soleNamed(name, shapes) ?? [];
      return known === undefined || shape === undefined ? [name, value] : [known, fitted(value, shape)];
    }),
  );
}

/** `InstanceId` is one of `instance_ids`. */
const isCalled = (name: string, parameter: string): boolean =>
  letters(name) === letters(parameter) || `${letters(name)}s` === letters(parameter);
/** `name` alone is that of the one thing that has a name here: AWS itself calls a cluster's so. */
function soleNamed(name: string, shapes: readonly [string, z.ZodType][]): [string, z.ZodType] | undefined {
  const [only, another] = shapes.filter(([parameter]) => parameter.endsWith('_name'));
  return name.toLowerCase() === 'name' && another === undefined ? only : undefined;
}

function fitted(value: unknown, shape: z.ZodType): unknown {
  if (typeof value !== 'string')
    return shape.safeParse(value).success || Array.isArray(value) ? value : listed(value, shape);
  if (shape.safeParse(value).success) return value;
  const candidates = [
    value.split(',').map((part) => part.trim()),
    ...(value.trim() !== '' && Number.isFinite(Number(value)) ? [Number(value)] : []),
    ...(value === 'true' || value === 'false' ? [value === 'true'] : []),
  ];
  return candidates.find((candidate) => shape.safeParse(candidate).success) ?? value;
}
const listed = (value: unknown, shape: z.ZodType): unknown => (shape.safeParse([value]).success ? [value] : value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
