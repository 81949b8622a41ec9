/**
 * The variables that a root module declares, read from its files without running anything: names, types, descriptions, defaults.
 * A file that cannot be read so is Terraform's to judge: then what is declared is not known, and nothing is refused for it.
 */
import type { ModuleVariableView } from '@aws-deployer/platform/contracts/infra';
import { AppError, type FieldProblem } from '@aws-deployer/platform/errors/app-error';
import { hclTokens, type Token } from './hcl-tokens.js';
import { ANY, mismatch, readType, type VariableType } from './variable-type.js';

export interface DeclaredVariable extends ModuleVariableView {
  readonly checks: VariableType;
}
type Json = ModuleVariableView['default'];

/** null: not known. `files`: the `.tf` files of the module's own folder, as text. */
export function declaredVariables(files: readonly string[]): DeclaredVariable[] | null {
  try {
    return files.flatMap((source) => variablesOf(source)).sort(byNeed);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What has to be given comes first, each part by its names. */
const byNeed = (one: DeclaredVariable, other: DeclaredVariable): number =>
  Number(other.required) - Number(one.required) || one.name.localeCompare(other.name);

function variablesOf(source: string): DeclaredVariable[] {
  const tokens = hclTokens(source);
  const found: DeclaredVariable[] = [];
  for (let at = 0, depth = 0; at < tokens.length; at += 1) {
    const [token, name, brace] = tokens.slice(at, at + 3);
    if (depth === 0 && token?.text === 'variable' && name?.is === 'string' && brace?.text === '{') {
      const end = closing(tokens, at + 2);
      found.push(variable(source, name.text, attributes(tokens.slice(at + 3, end))));
      at = end;
    } else if (token?.is === 'mark') depth += token.text === '{' ? 1 : token.text === '}' ? -1 : 0;
  }
  return found;
}

/** Where the bracket at `opening` is closed. */
function closing(tokens: readonly Token[], opening: number): number {
  for (let at = opening, depth = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token?.is !== 'mark') continue;
    if ('([{'.includes(token.text)) depth += 1;
    if (')]}'.includes(token.text)) depth -= 1;
    if (depth === 0) return at;
  }
  throw new SyntaxError('a block has no end');
}

/** `name = …` of a body by name; blocks within it, such as `validation`, are passed over. */
function attributes(body: readonly Token[]): Map<string, Token[]> {
  const found = new Map<string, Token[]>();
  for (let at = 0; at < body.length; at += 1) {
    const [name, sign] = body.slice(at, at + 2);
    if (name?.is !== 'word') continue;
    if (sign?.text !== '=') {
      const brace = body.findIndex((token, index) => index > at && token.text === '{');
      at = brace < 0 ? body.length : closing(body, brace);
      continue;
    }
    const from = at + 2;
    for (at = from; at < body.length && body[at]?.is !== 'line'; at += 1)
      if (body[at]?.is === 'mark' && '([{'.includes(body[at]?.text ?? '')) at = closing(body, at);
    found.set(name.text, body.slice(from, at));
  }
  return found;
}

function variable(source: string, name: string, body: ReadonlyMap<string, Token[]>): DeclaredVariable {
  const type = body.get('type') ?? [];
  const given = body.get('default');
  const value = given === undefined ? undefined : literal(given);
  const [description] = body.get('description') ?? [];
  return {
    name,
    type: type.length === 0 ? 'any' : textOf(source, type),
    description: description?.is === 'string' ? description.text.trim() : '',
    required: given === undefined,
    default: value ?? null,
    default_text: given === undefined ? null : textOf(source, given),
    sensitive: body.get('sensitive')?.[0]?.text === 'true',
    checks: type.length === 0 ? ANY : readType(type),
  };
}

const textOf = (source: string, tokens: readonly Token[]): string =>
  source.slice(tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0);

/** undefined: it would have to be worked out. */
function literal(tokens: readonly Token[]): Json | undefined {
  const words = tokens.filter(({ is }) => is !== 'line');
  let at = 0;
  const read = (): Json | undefined => {
    const token = words[at];
    at += 1;
    if (token === undefined) return undefined;
    if (token.is === 'string') return token.plain ? token.text : undefined;
    if (token.is === 'number') return Number(token.text);
    if (token.text === '-' && words[at]?.is === 'number') return -Number(words[at++]?.text);
    if (token.text === 'true' || token.text === 'false') return token.text === 'true';
    if (token.text === 'null') return null;
    if (token.text === '[') return list();
    return token.text === '{' ? record() : undefined;
  };
  const list = (): Json | undefined => {
    const items: Json[] = [];
    while (words[at]?.text !== ']') {
      const item = read();
      if (item === undefined) return undefined;
      items.push(item);
      if (words[at]?.text === ',') at += 1;
    }
    at += 1;
    return items;
  };
  const record = (): Json | undefined => {
    const fields: Record<string, Json> = {};
    while (words[at]?.text !== '}') {
      const key = words[at]?.text;
      if (key === undefined || !'=:'.includes(words[at + 1]?.text ?? ' ')) return undefined;
      at += 2;
      const value = read();
      if (value === undefined) return undefined;
      fields[key] = value;
      if (words[at]?.text === ',') at += 1;
    }
    at += 1;
    return fields;
  };
  const value = read();
  return at === words.length ? value : undefined;
}

/** Throws invalid/`variables_invalid` on values that their declared types cannot hold; with `complete` on what is missing or unknown too. */
export function refuseVariables(
  module: string,
  declared: readonly DeclaredVariable[] | null,
  values: Readonly<Record<string, unknown>>,
  complete: boolean,
): void {
  if (declared === null) return;
  const known = new Map(declared.map((one) => [one.name, one]));
  const fields: FieldProblem[] = [];
  const refuse = (name: string, message: string, mend: string): void => {
    fields.push({ field: `variables.${name}`, message, mend });
  };
  for (const [name, value] of Object.entries(values)) {
    const variable = known.get(name);
    const wrong = variable === undefined ? null : mismatch(value, variable.checks);
    if (variable !== undefined && wrong !== null) refuse(name, wrong, `its type is ${variable.type}`);
    if (variable === undefined && complete)
      refuse(
        name,
        `is not a variable of ${module}`,
        `leave it out; there is ${[...known.keys()].join(', ') || 'none'}`,
      );
  }
  if (complete)
    for (const { name, required, type } of declared)
      if (required && values[name] === undefined)
        refuse(name, 'has no value', `${module} needs it; its type is ${type}`);
  if (fields.length === 0) return;
  const words = fields.map(({ field, message }) => `${field.slice('variables.'.length)} ${message}`).join('; ');
  throw new AppError('invalid', 'variables_invalid', `The variables do not fit ${module}: ${words}`, { fields });
}
