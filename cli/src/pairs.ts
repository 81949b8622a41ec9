/** Options of the form `NAME=VALUE`, any number of times. */
import { EXIT, Failure } from './failure.js';

/** Throws Failure usage on one without `=`. */
export function pairsOf(option: string, entries: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      if (at < 1) throw new Failure(EXIT.usage, `${option} takes NAME=VALUE, not ${entry}`);
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
