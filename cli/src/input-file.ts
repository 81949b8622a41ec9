/** Files that a command is handed: JSON or YAML, or plain text. */
import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { EXIT, Failure } from './failure.js';

export type Fields = Readonly<Record<string, unknown>>;

/** Throws Failure usage; `what` names what the file should hold. */
export async function readFields(file: string, what: string): Promise<Fields> {
  const text = await readText(file);
  try {
    const body: unknown = parseYaml(text); // JSON is YAML
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} is neither JSON nor YAML: ${(error as Error).message}`, [], {
      cause: error,
    });
  }
  throw new Failure(EXIT.usage, `${file} does not hold one ${what}`);
}

export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Failure(EXIT.usage, `${file} cannot be read: ${(error as Error).message}`, [], { cause: error });
  }
}
