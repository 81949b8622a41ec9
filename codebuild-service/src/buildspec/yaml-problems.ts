/** What the YAML reader says, with the mend that a person needs who writes commands, not YAML. */
import type { BuildspecProblem } from '@aws-deployer/platform/contracts/build-projects';
import type { LineCounter, YAMLError, YAMLWarning } from 'yaml';

const QUOTE = 'put the whole value in quotes, with the quotes inside it doubled';
const INDENT = 'indent with spaces, the same number for all entries of one level';

type ErrorCode = YAMLError['code'];
const MENDS: Readonly<Partial<Record<ErrorCode, string>>> = {
  TAB_AS_INDENT: 'replace the tab with spaces: YAML takes no tabs for indentation',
  BAD_INDENT: INDENT,
  BLOCK_AS_IMPLICIT_KEY: `if this is one command or value with ": " in it, ${QUOTE}; else ${INDENT}`,
  MULTILINE_IMPLICIT_KEY: INDENT,
  MISSING_CHAR: 'close the quote or bracket that is open here',
  BAD_SCALAR_START: QUOTE,
  UNEXPECTED_TOKEN: `if a command begins with [, {, &, * or !, ${QUOTE}`,
  MULTIPLE_DOCS: 'remove the --- line: a buildspec is one document',
  BAD_ALIAS: QUOTE,
  TAG_RESOLVE_FAILED: `if the value begins with !, ${QUOTE}; tags mean nothing here`,
};

export function yamlProblem(error: YAMLError | YAMLWarning, lines: LineCounter): BuildspecProblem {
  const { line, col } = lines.linePos(error.pos[0]);
  return {
    line,
    column: col,
    path: '',
    message: messageOf(error),
    mend: MENDS[error.code] ?? `look at the quotes and the indentation around this place; ${QUOTE}`,
  };
}

function messageOf({ code, message }: YAMLError | YAMLWarning): string {
  if (code === 'MULTIPLE_DOCS') return 'there is more than one YAML document';
  return /call stack/.test(message) ? 'is nested too deeply' : message;
}
