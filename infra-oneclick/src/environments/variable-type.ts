/** Types of Terraform's variables, and whether a value can be of one, by the conversions that Terraform itself makes. Pure. */
import type { Token } from './hcl-tokens.js';

export type VariableType =
  | { readonly is: 'any' | 'string' | 'number' | 'bool' }
  | { readonly is: 'list' | 'set' | 'map'; readonly of: VariableType }
  | { readonly is: 'tuple'; readonly of: readonly VariableType[] }
  | { readonly is: 'object'; readonly fields: Readonly<Record<string, { type: VariableType; optional: boolean }>> };

export const ANY: VariableType = { is: 'any' };

/** Throws SyntaxError on what is no type. */
export function readType(tokens: readonly Token[]): VariableType {
  const words = tokens.filter(({ is }) => is !== 'line');
  let at = 0;
  const next = (): Token | undefined => words[at];
  const take = (text: string): boolean => {
    if (next()?.text !== text) return false;
    at += 1;
    return true;
  };
  const expect = (text: string): void => {
    if (!take(text)) throw new SyntaxError(`${text} is missing in a type`);
  };
  const type = (): VariableType => {
    const name = next()?.text ?? '';
    at += 1;
    switch (name) {
      case 'any':
      case 'string':
      case 'number':
      case 'bool':
        return { is: name };
      case 'list':
      case 'set':
      case 'map': {
        if (!take('(')) return { is: name, of: ANY }; // as before 0.12
        const of = type();
        expect(')');
        return { is: name, of };
      }
      case 'tuple': {
        expect('(');
        expect('[');
        const of: VariableType[] = [];
        while (!take(']')) {
          of.push(type());
          take(',');
        }
        expect(')');
        return { is: 'tuple', of };
      }
      case 'object':
        return object();
      default:
        throw new SyntaxError(`${name} is no type`);
    }
  };
  const object = (): VariableType => {
    expect('(');
    expect('{');
    const fields: Record<string, { type: VariableType; optional: boolean }> = {};
    while (!take('}')) {
      const name = next()?.text;
      if (name === undefined) throw new SyntaxError('a type has no end');
      at += 1;
      if (!take('=')) expect(':');
      if (take('optional')) {
        expect('(');
        fields[name] = { type: type(), optional: true };
        skipToClosing();
      } else fields[name] = { type: type(), optional: false };
      take(',');
    }
    expect(')');
    return { is: 'object', fields };
  };
  /** Past the default of an optional attribute. */
  const skipToClosing = (): void => {
    for (let depth = 1; depth > 0; at += 1) {
      const text = next()?.text;
      if (text === undefined) throw new SyntaxError('a type has no end');
      if (next()?.is !== 'mark') continue;
      if ('([{'.includes(text)) depth += 1;
      if (')]}'.includes(text)) depth -= 1;
    }
  };
  const read = type();
  if (at < words.length) throw new SyntaxError('something follows a type');
  return read;
}

/** Why the value is not of the type, with the place inside of it; null: it is. Never holds the value: it may be a secret. */
export function mismatch(value: unknown, type: VariableType, place = ''): string | null {
  const wrong = (words: string): string => (place === '' ? words : `${place} ${words}`);
  if (value === null || value === undefined) return null;
  switch (type.is) {
    case 'any':
      return null;
    case 'string':
      return typeof value === 'object' ? wrong('must be a text') : null;
    case 'number':
      return typeof value === 'number' || (typeof value === 'string' && isNumber(value))
        ? null
        : wrong('must be a number');
    case 'bool':
      return typeof value === 'boolean' || value === 'true' || value === 'false'
        ? null
        : wrong('must be true or false');
    case 'list':
    case 'set':
      if (!Array.isArray(value)) return wrong('must be a list, such as ["a", "b"]');
      return first(value.map((one, index) => mismatch(one, type.of, `${place}[${index}]`)));
    case 'tuple':
      if (!Array.isArray(value) || value.length !== type.of.length)
        return wrong(`must be a list of ${type.of.length} values`);
      return first(type.of.map((of, index) => mismatch(value[index], of, `${place}[${index}]`)));
    case 'map':
      if (!isRecord(value)) return wrong('must be a map, such as {"key": "value"}');
      return first(Object.entries(value).map(([key, one]) => mismatch(one, type.of, inside(place, key))));
    case 'object': {
      if (!isRecord(value)) return wrong('must be an object, such as {"key": "value"}');
      return first(
        Object.entries(type.fields).map(([key, field]) =>
          value[key] === undefined && !field.optional
            ? wrong(`lacks ${key}`)
            : mismatch(value[key], field.type, inside(place, key)),
        ),
      );
    }
  }
}

const inside = (place: string, key: string): string => (place === '' ? key : `${place}.${key}`);
const first = (found: readonly (string | null)[]): string | null => found.find((one) => one !== null) ?? null;
const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
