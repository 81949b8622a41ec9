/** Checks and changes in words: what fails first, what is well in one line. */
import type { CheckView, DiffView, FieldChange, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import type { Terminal } from './terminal.js';

const COLOURS = { fail: 'red', warn: 'yellow', unknown: 'dim', ok: 'green' } as const;
const WORDS = { fail: 'fails', warn: 'warning', unknown: 'not known', ok: 'ok' } as const;
const ORDER = ['fail', 'warn', 'unknown'] as const;

export function printPreflight(terminal: Terminal, { ok, checks, diff, duration_ms: ms }: PreflightView): void {
  for (const state of ORDER)
    for (const check of checks.filter((one) => one.state === state)) printCheck(terminal, check);
  const well = checks.filter(({ state }) => state === 'ok').map(({ name }) => name);
  if (well.length > 0) terminal.print(`${terminal.style('green', WORDS.ok.padEnd(10))} ${well.join(', ')}`);
  if (diff !== null) printDiff(terminal, diff);
  terminal.note(`${ok ? 'nothing stands in the way' : 'it would fail'} (${checks.length} checks in ${ms} ms)`);
}

function printCheck(terminal: Terminal, { state, code, object, message, mend }: CheckView): void {
  const under = ' '.repeat(11);
  terminal.print(`${terminal.style(COLOURS[state], WORDS[state].padEnd(10))} ${message}`);
  terminal.print(`${under}${terminal.style('dim', [code, object].filter(Boolean).join(', '))}`);
  if (mend !== '') terminal.print(`${under}mend: ${mend}`);
}

const MARKS = { added: '+', removed: '-', changed: '~' } as const;
const MARK_COLOURS = { added: 'green', removed: 'red', changed: 'yellow' } as const;

export function printDiff(terminal: Terminal, { objects, basis }: DiffView): void {
  for (const { kind, name, namespace, change, fields } of objects) {
    terminal.print(`${kind} ${namespace === null ? '' : `${namespace}/`}${name}: ${change}`);
    for (const field of fields) {
      terminal.print(`  ${lineOf(terminal, field)}`);
      if (field.note !== undefined) terminal.print(`    ${terminal.style('dim', field.note)}`);
    }
  }
  if (basis === 'before_build') terminal.note('the image is not built yet: its digest is not in the comparison');
}

function lineOf(terminal: Terminal, { path, change, before, after }: FieldChange): string {
  const mark = terminal.style(MARK_COLOURS[change], MARKS[change]);
  // Both are hidden: that it is another one is all there is to say.
  if (change === 'changed' && before === MASKED && after === MASKED) return `${mark} ${path}: ${MASKED}, another value`;
  if (change === 'changed') return `${mark} ${path}: ${valueOf(before)} → ${valueOf(after)}`;
  return `${mark} ${path}: ${valueOf(change === 'added' ? after : before)}`;
}

const MASKED = '[masked]';
/** A digest fills a line and tells no more than its beginning. */
const valueOf = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
