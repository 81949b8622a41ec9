/**
 * The colours of a terminal line as spans. Pure. Knows SGR (bold, dim, italic, underline, 8/16/256/true colours); every
 * other escape is dropped; of a line rewritten with carriage returns the last writing stands.
 */
export interface AnsiSpan {
  readonly text: string;
  readonly color: string | null;
  readonly background: string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}
type Style = Omit<AnsiSpan, 'text'>;
const PLAIN: Style = { color: null, background: null, bold: false, dim: false, italic: false, underline: false };

const NORMAL = ['#5b6070', '#ff7b61', '#5fd38d', '#efb94f', '#8fa0ff', '#d794f0', '#5bcbd6', '#dcdde3'];
const BRIGHT = ['#868a99', '#ff9b86', '#86e5ab', '#f8d07e', '#b0bcff', '#e5b3f7', '#8adfe7', '#ffffff'];

// eslint-disable-next-line no-control-regex -- escape characters are what this reads
const ESCAPE = /\u001b(?:\[([0-9;:]*)([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export function parseAnsi(raw: string): AnsiSpan[] {
  const line = lastWriting(raw);
  if (!line.includes('\u001b')) return line === '' ? [] : [{ text: line, ...PLAIN }];
  const spans: AnsiSpan[] = [];
  let style = PLAIN;
  let from = 0;
  for (const match of line.matchAll(ESCAPE)) {
    if (match.index > from) spans.push({ text: line.slice(from, match.index), ...style });
    if (match[2] === 'm') style = restyle(style, match[1] ?? '');
    from = match.index + match[0].length;
  }
  if (from < line.length) spans.push({ text: line.slice(from), ...style });
  return spans;
}

export const plainText = (raw: string): string => lastWriting(raw).replace(ESCAPE, '');

function lastWriting(raw: string): string {
  const line = raw.replace(/[\r\n]+$/, '');
  const at = line.lastIndexOf('\r');
  return at < 0 ? line : line.slice(at + 1);
}

function restyle(before: Style, codes: string): Style {
  const numbers = codes === '' ? [0] : codes.split(/[;:]/).map(Number);
  let style = before;
  for (let at = 0; at < numbers.length; at += 1) {
    const code = numbers[at] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extended(numbers.slice(at + 1));
      style = code === 38 ? { ...style, color: colour } : { ...style, background: colour };
      at += used;
    } else style = single(style, code);
  }
  return style;
}

function single(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...style, bold: true };
  if (code === 2) return { ...style, dim: true };
  if (code === 3) return { ...style, italic: true };
  if (code === 4) return { ...style, underline: true };
  if (code === 22) return { ...style, bold: false, dim: false };
  if (code === 23) return { ...style, italic: false };
  if (code === 24) return { ...style, underline: false };
  if (code >= 30 && code <= 37) return { ...style, color: NORMAL[code - 30] ?? null };
  if (code === 39) return { ...style, color: null };
  if (code >= 40 && code <= 47) return { ...style, background: NORMAL[code - 40] ?? null };
  if (code === 49) return { ...style, background: null };
  if (code >= 90 && code <= 97) return { ...style, color: BRIGHT[code - 90] ?? null };
  if (code >= 100 && code <= 107) return { ...style, background: BRIGHT[code - 100] ?? null };
  return style;
}

/** The colour after 38 or 48, and how many numbers it took. */
function extended(rest: readonly number[]): [string | null, number] {
  if (rest[0] === 5) return [indexed(rest[1] ?? 0), 2];
  if (rest[0] === 2) return [`rgb(${rest[1] ?? 0} ${rest[2] ?? 0} ${rest[3] ?? 0})`, 4];
  return [null, rest.length];
}

function indexed(index: number): string | null {
  if (index < 8) return NORMAL[index] ?? null;
  if (index < 16) return BRIGHT[index - 8] ?? null;
  if (index < 232) {
    const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
    const at = index - 16;
    return `rgb(${level(Math.floor(at / 36))} ${level(Math.floor(at / 6) % 6)} ${level(at % 6)})`;
  }
  const grey = 8 + (index - 232) * 10;
  return `rgb(${grey} ${grey} ${grey})`;
}
