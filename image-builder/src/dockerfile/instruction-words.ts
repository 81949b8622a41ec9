/**
 * Words of an instruction with their variables replaced, by the rules of Dockerfiles: `$a`, `${a}`, `${a:-b}`, `${a:+b}`;
 * single quotes and the escape character keep a text as it is. Pure.
 */
export type Lookup = (name: string) => string | undefined;

/** Splits at spaces outside quotes and replaces variables. Quotes are removed. */
export function expandWords(text: string, lookup: Lookup, escape = '\\'): string[] {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote = '';
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (quote === "'") {
      if (char === "'") quote = '';
      else word += char;
    } else if (char === escape) {
      const next = text[i + 1];
      // Inside double quotes only these are escaped; elsewhere everything is.
      if (next === undefined || (quote === '"' && !['"', '$', escape].includes(next))) word += char;
      else {
        word += next;
        i += 1;
      }
      inWord = true;
    } else if (char === '$') {
      const [value, length] = variableAt(text.slice(i), lookup);
      word += value;
      i += length - 1;
      inWord ||= value !== ''; // nothing, outside quotes, is no word
    } else if (char === '"' || (char === "'" && quote === '')) {
      quote = quote === char ? '' : char;
      inWord = true;
    } else if (/\s/.test(char) && quote === '') {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
    } else {
      word += char;
      inWord = true;
    }
  }
  if (inWord) words.push(word);
  return words;
}

/** Replaces variables and leaves everything else, quotes too: for JSON arguments and here-documents. */
export function expandText(text: string, lookup: Lookup): string {
  let result = '';
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '\\' && text[i + 1] === '$') {
      result += '$';
      i += 1;
    } else if (text[i] === '$') {
      const [value, length] = variableAt(text.slice(i), lookup);
      result += value;
      i += length - 1;
    } else result += text[i] ?? '';
  }
  return result;
}

/** The value at the start of `text` (`$…`) and how many characters it takes. */
function variableAt(text: string, lookup: Lookup): readonly [value: string, length: number] {
  const plain = /^\$([A-Za-z_]\w*)/.exec(text);
  if (plain?.[1] !== undefined) return [lookup(plain[1]) ?? '', plain[0].length];
  const opened = /^\$\{([A-Za-z_]\w*)(:?[-+])?/.exec(text);
  const end = opened === null ? -1 : closingBrace(text);
  if (opened?.[1] === undefined || end === -1 || (opened[2] === undefined && end !== opened[0].length)) return ['$', 1];
  const value = lookup(opened[1]);
  const there = opened[2]?.startsWith(':') === true ? value !== undefined && value !== '' : value !== undefined;
  const other = (): string => expandText(text.slice(opened[0].length, end), lookup);
  const operator = opened[2]?.at(-1);
  const result = operator === '-' ? (there ? value : other()) : operator === '+' ? (there ? other() : '') : value;
  return [result ?? '', end + 1];
}

/** Where the `${` at the start of the text ends; braces within belong to inner variables. */
function closingBrace(text: string): number {
  let depth = 0;
  for (let i = 1; i < text.length; i += 1) {
    if (text[i] === '{') depth += 1;
    else if (text[i] === '}') depth -= 1;
    if (depth === 0) return i;
  }
  return -1;
}

/** `A=1 B="two words"` or the old `A some words`, in order. */
export function expandPairs(text: string, lookup: Lookup, escape = '\\'): (readonly [string, string])[] {
  const first = /^[^\s=]+(?=\s)/.exec(text)?.[0];
  if (first !== undefined && !/^["']/.test(first)) {
    const value = text.slice(first.length).trim();
    return [[first, expandWords(value, lookup, escape).join(' ')]];
  }
  return expandWords(text, lookup, escape).map((word): readonly [string, string] => {
    const equals = word.indexOf('=');
    return equals === -1 ? [word, ''] : [word.slice(0, equals), word.slice(equals + 1)];
  });
}
