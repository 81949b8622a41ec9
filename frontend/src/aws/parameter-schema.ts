/**
 * The parameters of an operation as a form needs them: read from its JSON Schema, written back as JSON. Pure. What a
 * form has no field for (nested shapes) is typed as JSON.
 */
export type FieldKind = 'text' | 'number' | 'flag' | 'choice' | 'list' | 'pairs' | 'json';

export interface ParameterField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly required: boolean;
  readonly description: string;
  readonly choices: readonly string[];
  readonly min: number | null;
  readonly max: number | null;
  /** Of a list: its items are numbers. */
  readonly numbers: boolean;
  readonly placeholder: string;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In the schema's order, what is required first. */
export function fieldsOf(schema: unknown): ParameterField[] {
  if (!isObject(schema) || !isObject(schema['properties'])) return [];
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : []);
  const fields = Object.entries(schema['properties']).map(([name, property]) =>
    fieldOf(name, isObject(property) ? plain(property) : {}, required.has(name)),
  );
  return [...fields.filter((field) => field.required), ...fields.filter((field) => !field.required)];
}

/** `anyOf: [string, null]` is the string: a form leaves out what is empty anyway. */
function plain(property: Json): Json {
  const branches = property['anyOf'] ?? property['oneOf'];
  if (!Array.isArray(branches)) return property;
  const real = branches.filter((branch) => isObject(branch) && branch['type'] !== 'null') as Json[];
  return real.length === 1 && real[0] ? { ...property, ...real[0] } : { ...property, type: 'object' };
}

function fieldOf(name: string, property: Json, required: boolean): ParameterField {
  const choices = Array.isArray(property['enum']) ? property['enum'].map(String) : [];
  const number = (key: string): number | null => (typeof property[key] === 'number' ? property[key] : null);
  const items = isObject(property['items']) ? property['items'] : {};
  const preset = property['default'];
  return {
    name,
    kind: kindOf(property, items, choices),
    // What has a default is never missing.
    required: required && preset === undefined,
    description: typeof property['description'] === 'string' ? property['description'] : '',
    choices,
    min: number('minimum'),
    max: number('maximum'),
    numbers: items['type'] === 'integer' || items['type'] === 'number',
    placeholder: typeof preset === 'string' || typeof preset === 'number' ? String(preset) : '',
  };
}

function kindOf(property: Json, items: Json, choices: readonly string[]): FieldKind {
  if (choices.length > 0) return 'choice';
  switch (property['type']) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'flag';
    case 'array':
      return ['string', 'integer', 'number'].includes(String(items['type'])) ? 'list' : 'json';
    case 'object': {
      const values = property['additionalProperties'];
      return isObject(values) && values['type'] === 'string' && !isObject(property['properties']) ? 'pairs' : 'json';
    }
    default:
      return 'json';
  }
}

/** What the inputs hold: text for most, the list or the pairs for those. */
export type FieldValue = string | boolean | readonly string[] | readonly { key: string; value: string }[];
export type FormValues = Readonly<Record<string, FieldValue>>;

export class BadParameter extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}

/** The parameters to send; what is empty is left out. Throws BadParameter where a JSON field holds none. */
export function parametersOf(fields: readonly ParameterField[], values: FormValues): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const field of fields) {
    const value = wireValue(field, values[field.name]);
    if (value !== undefined) parameters[field.name] = value;
  }
  return parameters;
}

function wireValue(field: ParameterField, value: FieldValue | undefined): unknown {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') {
    if (field.kind === 'number') return Number(value);
    if (field.kind !== 'json') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      throw new BadParameter(field.name, 'This is no JSON.');
    }
  }
  if (value.length === 0) return undefined;
  if (field.kind === 'pairs') {
    const pairs = value as readonly { key: string; value: string }[];
    return Object.fromEntries(
      pairs.filter(({ key }) => key.trim() !== '').map((pair) => [pair.key.trim(), pair.value]),
    );
  }
  return field.numbers ? (value as readonly string[]).map(Number) : [...value];
}

/** The other way: parameters that are known already (of words that were understood) into the inputs. */
export function valuesOfParameters(
  fields: readonly ParameterField[],
  parameters: Readonly<Record<string, unknown>>,
): FormValues {
  const values: Record<string, FieldValue> = {};
  for (const { name, kind } of fields) {
    const value = parameters[name];
    if (value === undefined || value === null) continue;
    if (kind === 'flag') values[name] = value === true;
    else if (kind === 'list' && Array.isArray(value)) values[name] = value.map(String);
    else if (kind === 'pairs' && isObject(value))
      values[name] = Object.entries(value).map(([key, each]) => ({ key, value: String(each) }));
    else values[name] = kind !== 'json' && typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  }
  return values;
}

/** `instance_ids` → `Instance ids`. */
export const fieldLabel = (name: string): string => {
  const words = name.replace(/_/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
};
