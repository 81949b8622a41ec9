/** Words of HCL, as far as the head of a module needs them: where each begins and ends, strings and comments being one each. Pure. */

export interface Token {
  readonly is: 'word' | 'number' | 'string' | 'mark' | 'line';
  /** Of a string: what it says, without its quotes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Of a string: it holds nothing that would have to be worked out. */
  readonly plain: boolean;
}

/** Throws SyntaxError on a string or comment without an end. */
export function hclTokens(source: string): Token[] {
  const tokens: Token[] = [];
  const push = (is: Token['is'], start: number, end: number, text = source.slice(start, end), plain = true): number => {
    tokens.push({ is, text, start, end, plain });
    return end;
  };
  for (let at = 0; at < source.length;) {
    const rest = source.slice(at, at + 400);
    const space = /^[ \t\r]+/.exec(rest);
    const heredoc = /^<<-?([A-Za-z_]\w*)\r?\n/.exec(rest);
    const word = /^[A-Za-z_][\w-]*/.exec(rest);
    const number = /^\d+(\.\d+)?([eE][+-]?\d+)?/.exec(rest);
    if (space !== null) at += space[0].length;
    else if (rest.startsWith('#') || rest.startsWith('//')) at = endOf(source, '\n', at);
    else if (rest.startsWith('/*')) at = endOf(source, '*/', at, 2);
    else if (rest.startsWith('\n')) at = push('line', at, at + 1);
    else if (rest.startsWith('"')) at = readString(source, at, push);
    else if (heredoc !== null) at = readHeredoc(source, at, heredoc, push);
    else if (word !== null) at = push('word', at, at + word[0].length);
    else if (number !== null) at = push('number', at, at + number[0].length);
    else at = push('mark', at, at + 1);
  }
  return tokens;
}

type Push = (is: Token['is'], start: number, end: number, text?: string, plain?: boolean) => number;

/** The place of `words` after `from`, and behind it by `beyond`; the end of the source where a line comment ends there. */
function endOf(source: string, words: string, from: number, beyond = 0): number {
  const at = source.indexOf(words, from + beyond);
  if (at < 0 && words !== '\n') throw new SyntaxError('a comment has no end');
  return at < 0 ? source.length : at + beyond;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

function readString(source: string, start: number, push: Push): number {
  let text = '';
  let plain = true;
  for (let at = start + 1, depth = 0; at < source.length; at += 1) {
    const [char = '', next = ''] = source.slice(at, at + 2);
    if (depth === 0 && char === '"') return push('string', start, at + 1, text, plain);
    if (char === '\n' && depth === 0) break;
    if (char === '\\') {
      const known = ESCAPES[next];
      if (known === undefined) plain = false; // \uXXXX and the like
      text += known ?? next;
      at += 1;
    } else if ((char === '$' || char === '%') && next === '{') {
      plain = false;
      depth += 1;
      at += 1;
    } else if (depth > 0 && char === '}') depth -= 1;
    else text += char;
  }
  throw new SyntaxError('a string has no end');
}

function readHeredoc(source: string, start: number, [opening, name = '']: RegExpExecArray, push: Push): number {
  const from = start + opening.length;
  const ending = new RegExp(`^[ \\t]*${name}[ \\t]*$`, 'm').exec(source.slice(from));
  if (ending === null) throw new SyntaxError('a text has no end');
  const text = source.slice(from, from + ending.index);
  const lines = text.split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  const shown = opening.startsWith('<<-') && Number.isFinite(indent) ? lines.map((line) => line.slice(indent)) : lines;
  return push('string', start, from + ending.index + ending[0].length, shown.join('\n'), !/[$%]\{/.test(text));
}
