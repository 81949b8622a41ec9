/** The few Go templates that `docker inspect --format` is given in scripts: fields, `index` and `json`. Pure. */
import { AppError } from '@aws-deployer/platform/errors/app-error';

/** Throws AppError invalid/`template_refused` for any other. */
export function fillTemplate(template: string, value: unknown): string {
  return template.replace(/\{\{\s*(.*?)\s*\}\}/g, (_whole, expression: string) => {
    const indexed = /^\(?index\s+(\.[\w.]*)\s+(\d+|"[^"]*")\)?$/.exec(expression);
    if (indexed !== null) {
      const list = fieldOf(value, indexed[1] ?? '');
      const key = (indexed[2] ?? '').replaceAll('"', '');
      const found = Array.isArray(list) || isRecord(list) ? (list as Record<string, unknown>)[key] : undefined;
      if (found === undefined)
        throw new AppError('invalid', 'template_refused', `${indexed[1] ?? ''} has no ${key}: was the image pushed?`);
      return wordOf(found);
    }
    const json = /^json\s+(\.[\w.]*)$/.exec(expression);
    if (json !== null) return JSON.stringify(fieldOf(value, json[1] ?? ''));
    if (/^\.[\w.]*$/.test(expression)) return wordOf(fieldOf(value, expression));
    throw new AppError('invalid', 'template_refused', `The template {{${expression}}} is not understood here`);
  });
}

function fieldOf(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.split('.').filter((part) => part !== '')) found = isRecord(found) ? found[name] : undefined;
  return found;
}
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
/** Lists as Go prints them: `[a b]`. */
function wordOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(wordOf).join(' ')}]`;
  if (typeof value === 'string') return value;
  return value === undefined ? '<no value>' : JSON.stringify(value);
}
