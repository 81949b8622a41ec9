/**
 * Whether a text matches a regular expression that a person wrote, within a bounded time: one that takes exponentially long
 * on a text from outside would otherwise stop the whole process. V8 ends a script that is out of time also in the middle of
 * a match.
 */
import { createContext, Script } from 'node:vm';

const LONGEST_TEXT = 10_000;
const MOST_TEXTS = 300;
/** By the clock: on a busy machine a harmless pattern may have to wait for its turn. */
const MOST_MS = 500;
const TEST = new Script('const expression = new RegExp(pattern, flags); texts.some((text) => expression.test(text))');

/**
 * Whether any of the texts matches; `too_slow` when no answer was found in time. Looks at the first 300 texts, 10,000
 * characters each. The pattern must be one: whoever takes it from a person checks that first.
 */
export function boundedTest(pattern: string, texts: readonly string[], flags: '' | 'm' = ''): boolean | 'too_slow' {
  const context = createContext({
    pattern,
    flags,
    texts: texts.slice(0, MOST_TEXTS).map((text) => text.slice(0, LONGEST_TEXT)),
  });
  try {
    return TEST.runInContext(context, { timeout: MOST_MS }) === true;
  } catch (error) {
    // no instanceof: the error may be of the script's own realm
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      return 'too_slow';
    throw error;
  }
}
