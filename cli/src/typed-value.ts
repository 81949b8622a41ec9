/** Values of any type on a command line. */

/** Numbers, booleans, lists and objects are written as JSON; anything else is a text. */
export function typedValue(text: string): unknown {
  if (!/^(-?\d+(\.\d+)?|true|false|null|\[.*\]|\{.*\}|".*")$/s.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // looks like JSON and is none: a text after all
  }
}
