/** Patterns of a buildspec (`**`, `*`, `?`, `[a-z]`, `{a,b}`) on paths relative to the source. Pure. */

/** Splits a path into what stands before the first pattern character, and all of it as a regular expression. */
export interface FilePattern {
  /** A folder, or a file where the pattern is no pattern; no slash at its end, empty for the source itself. */
  readonly root: string;
  readonly isPattern: boolean;
  /** Of the whole path; its first group is what is relative to the base. */
  readonly matches: (path: string) => string | undefined;
}

/**
 * `base`: itself perhaps a pattern, each folder that it matches is one. Throws RangeError on a pattern that leads out of the
 * source.
 */
export function filePattern(pattern: string, base = ''): FilePattern {
  const cleanBase = cleaned(base);
  const clean = cleaned(pattern);
  const whole = [cleanBase, clean].filter((part) => part !== '').join('/');
  const parts = whole.split('/');
  const first = parts.findIndex((part) => /[*?[{]/.test(part));
  const isPattern = first !== -1;
  const prefix = cleanBase === '' ? '' : `${expression(cleanBase)}/`;
  // A folder without a pattern means all that is in it.
  const tail = clean === '' ? '.+' : `${expression(clean)}${isPattern ? '' : '(?:/.+)?'}`;
  const regex = new RegExp(`^${prefix}(${tail})$`, 's');
  return {
    root: (isPattern ? parts.slice(0, first) : parts).join('/'),
    isPattern,
    matches: (path) => regex.exec(path)?.[1],
  };
}

function cleaned(path: string): string {
  const parts = path
    .trim()
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new RangeError(`${path} leads out of the source`);
  return parts.join('/');
}

function expression(glob: string): string {
  let text = '';
  for (let i = 0; i < glob.length; i += 1) {
    const char = glob[i] ?? '';
    if (glob.startsWith('**/', i) && (i === 0 || glob[i - 1] === '/')) {
      text += '(?:[^/]+/)*';
      i += 2;
    } else if (glob.startsWith('**', i)) {
      text += '.*';
      i += 1;
    } else if (char === '*') text += '[^/]*';
    else if (char === '?') text += '[^/]';
    else if (char === '[' && glob.indexOf(']', i + 2) !== -1) {
      const end = glob.indexOf(']', i + 2);
      const set = glob
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')
        .replaceAll('[', '\\[');
      text += `[${set}]`;
      i = end;
    } else if (char === '{' && glob.indexOf('}', i) !== -1) {
      const end = glob.indexOf('}', i);
      text += `(?:${glob
        .slice(i + 1, end)
        .split(',')
        .map(expression)
        .join('|')})`;
      i = end;
    } else text += char.replace(/[.+^$()|\\[\]{}]/g, '\\$&');
  }
  return text;
}

/** Folders that have to be walked for these patterns: none lies in another. */
export function rootsOf(patterns: readonly FilePattern[]): readonly string[] {
  const roots = [...new Set(patterns.map(({ root }) => root))].sort();
  return roots.filter(
    (root) => !roots.some((other) => other !== root && (other === '' || root.startsWith(`${other}/`))),
  );
}
