/**
 * Reads a YAML tree by what should stand in it and gathers what is wrong, each with its place, so that a person sees all of
 * it at once. Scalars are taken as they are written: `3.10` is not 3.1, and a variable's `yes` stays `yes`.
 */
import type { BuildspecProblem } from '@aws-deployer/platform/contracts/build-projects';
import { isAlias, isMap, isScalar, isSeq, visit, type Document, type LineCounter, type Scalar } from 'yaml';
import { nearestWord } from './nearest-word.js';

/** One `key: value` of a mapping, or one item of a list (whose key is its number). */
export interface Entry {
  readonly key: string;
  readonly path: string;
  /** Where the key is written, for what is said about the entry as a whole. */
  readonly keyNode: unknown;
  readonly value: unknown;
}
export type Fields<Key extends string> = Readonly<Partial<Record<Key, Entry>>>;

export class NodeReader {
  readonly problems: BuildspecProblem[] = [];
  readonly warnings: BuildspecProblem[] = [];
  readonly #within = new Set<unknown>();
  readonly #targets: ReadonlyMap<unknown, unknown>;

  constructor(
    private readonly text: string,
    document: Document,
    private readonly lines: LineCounter,
  ) {
    this.#targets = aliasTargets(document);
    for (const [alias, target] of this.#targets)
      if (target === undefined)
        this.problem(
          alias,
          '',
          'YAML takes a value that begins with * for a reference, and there is nothing of that name',
          'put the whole value in quotes',
        );
  }

  problem(at: unknown, path: string, message: string, mend: string): void {
    this.problems.push({ ...this.#place(at), path, message, mend });
  }

  warn(at: unknown, path: string, message: string, mend: string): void {
    this.warnings.push({ ...this.#place(at), path, message, mend });
  }

  /** A mapping with names that are free: variables, report groups. Empty when it is none, which is then a problem. */
  entries({ value, path, keyNode }: Entry): Entry[] {
    const node = this.resolved(value);
    if (isEmpty(node)) return [];
    if (!isMap(node)) {
      this.problem(
        value ?? keyNode,
        path,
        `must be a mapping, not ${nameOf(node)}`,
        'write name: value lines below it',
      );
      return [];
    }
    if (this.#within.has(node)) return []; // an anchor that stands in itself
    this.#within.add(node);
    const found = new Map<string, Entry>();
    const own = new Set<string>();
    for (const { key, value: item } of node.items) {
      const name = isScalar(key) ? scalarText(key) : undefined;
      if (name === undefined) this.problem(key, path, 'has a key that is no plain word', 'put the key in quotes');
      else if (name === '<<' && isAlias(item)) {
        // the anchor's entries lie below this mapping's own
        for (const base of this.entries({ key: name, path, keyNode: key, value: item }))
          if (!found.has(base.key)) found.set(base.key, base);
      } else {
        const at = path === '' ? name : `${path}.${name}`;
        if (own.has(name))
          this.problem(key, at, 'this key is there twice', 'keep one of the two: only one of them can count');
        own.add(name);
        found.set(name, { key: name, path: at, keyNode: key, value: item });
      }
    }
    this.#within.delete(node);
    return [...found.values()];
  }

  /** A mapping whose keys are known; `elsewhere` says of a key that has its place somewhere else what to do. */
  fields<Key extends string>(
    entry: Entry,
    known: readonly Key[],
    elsewhere: Readonly<Record<string, string>> = {},
  ): Fields<Key> {
    const found: Partial<Record<Key, Entry>> = {};
    for (const item of this.entries(entry)) {
      const key = known.find((name) => name === item.key);
      if (key !== undefined) found[key] = item;
      else {
        const meant = nearestWord(item.key, known);
        const mend = Object.hasOwn(elsewhere, item.key) ? elsewhere[item.key] : undefined;
        this.problem(
          item.keyNode,
          item.path,
          `is not known here`,
          mend ?? (meant === undefined ? `remove it, or use one of: ${known.join(', ')}` : `did you mean ${meant}?`),
        );
      }
    }
    return found;
  }

  /** One scalar as text; undefined when absent, empty, or (a problem) no scalar. */
  word(entry: Entry | undefined): string | undefined {
    if (entry === undefined) return undefined;
    const node = this.resolved(entry.value);
    if (isEmpty(node)) {
      this.problem(entry.keyNode, entry.path, 'is empty', 'give it a value, or remove it');
      return undefined;
    }
    return this.#scalar(entry, node);
  }

  /** As `word`, but nothing at all is an empty text: a variable may be empty. */
  variable(entry: Entry): string {
    const node = this.resolved(entry.value);
    return isEmpty(node) ? '' : (this.#scalar(entry, node) ?? '');
  }

  flag(entry: Entry | undefined): boolean {
    const word = this.word(entry);
    if (entry === undefined || word === undefined) return false;
    if (/^(yes|true|on)$/i.test(word)) return true;
    if (!/^(no|false|off)$/i.test(word))
      this.problem(entry.value, entry.path, `must be yes or no, not ${shown(word)}`, 'write yes or no');
    return false;
  }

  oneOf<Word extends string>(entry: Entry | undefined, allowed: readonly Word[]): Word | undefined {
    const word = this.word(entry);
    if (entry === undefined || word === undefined) return undefined;
    const found = allowed.find((name) => name.toLowerCase() === word.toLowerCase());
    if (found === undefined) {
      const meant = nearestWord(word, allowed);
      this.problem(
        entry.value,
        entry.path,
        `must be one of ${allowed.join(', ')}, not ${shown(word)}`,
        meant === undefined ? 'use one of them' : `did you mean ${meant}?`,
      );
    }
    return found;
  }

  /** A list of scalars; a single one stands for a list of one. */
  words(entry: Entry | undefined): string[] {
    return this.items(entry).flatMap((item) => this.word(item) ?? []);
  }

  /** A list's items; anything else stands for a list of one. */
  items(entry: Entry | undefined): Entry[] {
    if (entry === undefined) return [];
    const node = this.resolved(entry.value);
    if (isEmpty(node)) return [];
    if (!isSeq(node)) return [entry];
    return node.items.map((item, index) => ({
      key: String(index),
      path: `${entry.path}[${String(index)}]`,
      keyNode: item ?? entry.keyNode,
      value: item,
    }));
  }

  isList = ({ value }: Entry): boolean => isSeq(this.resolved(value));
  isEmpty = ({ value }: Entry): boolean => isEmpty(this.resolved(value));

  commands(entry: Entry | undefined): string[] {
    if (entry === undefined) return [];
    if (!this.isEmpty(entry) && !this.isList(entry) && isScalar(this.resolved(entry.value)))
      this.warn(entry.value, entry.path, 'is one command, not a list', 'write it as a list: a line with - before it');
    return this.items(entry).flatMap((item) => this.#command(item));
  }

  #command(item: Entry): string[] {
    const node = this.resolved(item.value);
    if (isEmpty(node)) {
      this.problem(item.keyNode, item.path, 'is an empty command', 'write the command after the -, or remove the line');
      return [];
    }
    if (isScalar(node)) return [scalarText(node)];
    const [line = ''] = this.#source(node).split('\n');
    if (isMap(node))
      this.problem(
        node,
        item.path,
        'YAML reads this command as a mapping, because ": " stands in it',
        `put the command in quotes: '${line.trim().replaceAll("'", "''")}'`,
      );
    else
      this.problem(
        node,
        item.path,
        `is a list, not a command`,
        `if the command begins with [ put it in quotes; else take the inner - away`,
      );
    return [];
  }

  #scalar(entry: Entry, node: unknown): string | undefined {
    if (isScalar(node)) return scalarText(node);
    const [line = ''] = this.#source(node).split('\n');
    this.problem(
      node ?? entry.keyNode,
      entry.path,
      `must be a single value, not ${nameOf(node)}`,
      isMap(node) && line.includes(': ')
        ? `if it is one value with ": " in it, put it in quotes: '${line.trim().replaceAll("'", "''")}'`
        : 'write one value after the colon',
    );
    return undefined;
  }

  resolved(node: unknown): unknown {
    return isAlias(node) ? (this.#targets.get(node) ?? null) : node;
  }

  #source(node: unknown): string {
    const [from, to] = rangeOf(node) ?? [0, 0];
    return this.text.slice(from, to);
  }

  #place(at: unknown): { line: number; column: number } {
    const { line, col } = this.lines.linePos(rangeOf(at)?.[0] ?? 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** Each alias with the node of the anchor before it, in one walk: the library would walk the tree for each. */
function aliasTargets(document: Document): Map<unknown, unknown> {
  const anchors = new Map<string, unknown>();
  const targets = new Map<unknown, unknown>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) targets.set(node, anchors.get(node.source));
      else if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function rangeOf(node: unknown): readonly number[] | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined;
  return Array.isArray(node.range) ? (node.range as number[]) : undefined;
}
const isEmpty = (node: unknown): boolean =>
  node === null || node === undefined || (isScalar(node) && node.value === null && node.type === 'PLAIN');
const scalarText = ({ value, source }: Scalar): string => (typeof value === 'string' ? value : (source ?? ''));
const nameOf = (node: unknown): string => (isSeq(node) ? 'a list' : isMap(node) ? 'a mapping' : 'a single value');
/** A value in a message: short, on one line. */
export const shown = (word: string): string => JSON.stringify(word.length > 60 ? `${word.slice(0, 57)}…` : word);
