/**
 * One recorded rollout of a directory of recordings (`index.json`, `streams/`, `logs/`, `manifests/`), read with patience: what is
 * missing is done without, what is broken is an error with file and line.
 *
 * Of an entry of the index only `slug`, `namespace`, `namespace_labels`, `t0`, `kinds`, `stream`, `manifests`, `managed_fields`,
 * `apply_responses` and `actions` are looked at: what is expected of it is not known to the replay.
 */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import type { ClusterChange, Manifest } from '../../../ports/cluster.js';

export interface RecordedChange extends ClusterChange {
  /** Milliseconds since just before the first request of the release; negative: it was so before. */
  readonly at: number;
}
/** What the API server answered to one request of the release. */
export interface RecordedAnswer {
  readonly at: number;
  readonly kind: string;
  readonly name: string;
  readonly status: number;
  readonly generation: number | undefined;
  readonly body: unknown;
}
export interface RecordedLog {
  readonly at: number;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
  readonly text: string;
}
export interface Recording {
  readonly slug: string;
  readonly namespace: string;
  /** The wall clock at 0, in milliseconds. */
  readonly t0: number;
  /** In order of time. */
  readonly changes: readonly RecordedChange[];
  readonly answers: readonly RecordedAnswer[];
  readonly logs: readonly RecordedLog[];
  /** What the release wants, as far as its manifests are there. */
  readonly wanted: readonly Manifest[];
  /** The last instant that is known of. */
  readonly end: number;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

const broken = (message: string): AppError => new AppError('invalid', 'recording_broken', message);

/** Throws invalid/`recording_broken` when the directory has no index that can be read. */
export const readIndex = async (directory: string): Promise<readonly unknown[]> => {
  const path = join(directory, 'index.json');
  let index: unknown;
  try {
    index = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw broken(`${path} cannot be read: ${messageOf(error)}`);
  }
  if (!Array.isArray(index)) throw broken(`${path} is not a list of scenarios`);
  return index as readonly unknown[];
};

export const slugOf = (entry: unknown, index: number): string =>
  textOf(fieldsOf(entry)['slug']) || `scenario ${String(index + 1)}`;

/** A file of the directory; undefined when it is not there. Paths that lead out of it are refused. */
const readInside = async (directory: string, path: string): Promise<string | undefined> => {
  const full = resolve(directory, path);
  const inside = relative(resolve(directory), full);
  if (inside.startsWith('..') || isAbsolute(inside)) throw broken(`${path} is outside of the directory`);
  try {
    return await readFile(full, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw broken(`${path} cannot be read: ${messageOf(error)}`);
  }
};

const jsonLines = (text: string, path: string): readonly Fields[] =>
  text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    try {
      return [fieldsOf(JSON.parse(line))];
    } catch (error) {
      throw broken(`${path} line ${String(index + 1)} is not JSON: ${messageOf(error)}`);
    }
  });

const TYPES = ['ADDED', 'MODIFIED', 'DELETED'] as const;
const changesOf = (lines: readonly Fields[]): readonly RecordedChange[] => {
  let at = 0;
  return lines
    .flatMap((line): RecordedChange[] => {
      at = numberOf(line['at_ms']) ?? at;
      const object = fieldsOf(line['object']);
      const kind = textOf(object['kind']) || textOf(line['kind']);
      const type = TYPES.find((known) => known === line['type']);
      // Bookmarks and errors of a watch carry no object of the rollout.
      if (type === undefined || kind === '' || textOf(fieldsOf(object['metadata'])['name']) === '') return [];
      return [{ at, type, object: { apiVersion: 'v1', ...object, kind } as Manifest }];
    })
    .toSorted((a, b) => a.at - b.at);
};

const answersOf = (list: unknown, at = 0): readonly RecordedAnswer[] =>
  listOf(list).flatMap((item): RecordedAnswer[] => {
    const answer = fieldsOf(item);
    const status = numberOf(answer['status']);
    const kind = textOf(answer['kind']);
    if (status === undefined || kind === '') return [];
    const body = answer['body'] ?? answer['text'];
    const name = textOf(answer['name']) || textOf(fieldsOf(fieldsOf(body)['details'])['name']);
    return [
      { at: numberOf(answer['at_ms']) ?? at, kind, name, status, generation: numberOf(answer['generation']), body },
    ];
  });

/** Applying the release once more is a request of it too; whatever else happened was done by others. */
const repeatsOf = (actions: readonly Fields[], newest: string): readonly RecordedAnswer[] =>
  actions
    .filter(({ what }) => /^apply .* again$/.test(textOf(what)) && (newest === '' || textOf(what).includes(newest)))
    .flatMap((action) => answersOf(action['result'], numberOf(action['at_ms'])));

const isPrevious = (query: unknown): boolean => {
  if (typeof query === 'string') return /previous=(true|1)/.test(query);
  const value = fieldsOf(query)['previous'];
  return value === true || value === 'true';
};

/** The second version of two or more: the first one was there before. */
export const newestManifest = (paths: readonly string[]): string | undefined =>
  paths.find((path) => /(^|[^0-9])2\.ya?ml$/.test(path)) ?? paths[1] ?? paths[0];

const wantedIn = (text: string, path: string): readonly Manifest[] => {
  const documents = parseAllDocuments(text);
  const [error] = documents.flatMap((document) => document.errors);
  if (error !== undefined) throw broken(`${path} is not YAML: ${error.message}`);
  return documents
    .map((document) => fieldsOf(document.toJS()))
    .flatMap((object) => (object['kind'] === 'List' ? listOf(object['items']).map(fieldsOf) : [object]))
    .filter((object) => textOf(object['kind']) !== '' && textOf(fieldsOf(object['metadata'])['name']) !== '')
    .map((object) => object as unknown as Manifest);
};

/** Where the index does not say when it began: from the ages of what was made meanwhile. */
const guessedStart = (changes: readonly RecordedChange[]): number => {
  const starts = changes
    .filter(({ at, type }) => at >= 0 && type === 'ADDED')
    .map(({ at, object }) => Date.parse(object.metadata.creationTimestamp ?? '') + 500 - at)
    .filter((start) => !Number.isNaN(start));
  return starts.length > 0 ? Math.min(...starts) : 0;
};

/** Throws invalid/`recording_broken` with file and line. */
export const readRecording = async (directory: string, entry: unknown): Promise<Recording> => {
  const fields = fieldsOf(entry);
  const slug = textOf(fields['slug']);
  if (slug === '') throw broken('the entry of the index has no slug');
  const stream = textOf(fields['stream']) || `streams/${slug}.jsonl`;
  const text = await readInside(directory, stream);
  if (text === undefined) throw broken(`${stream} is not there`);
  const changes = changesOf(jsonLines(text, stream));

  const logFile = `logs/${slug}.jsonl`;
  const logs = jsonLines((await readInside(directory, logFile)) ?? '', logFile).flatMap((line): RecordedLog[] => {
    const [at, pod, container] = [numberOf(line['at_ms']), textOf(line['pod']), textOf(line['container'])];
    if (at === undefined || pod === '' || typeof line['text'] !== 'string') return [];
    return [{ at, pod, container, previous: isPrevious(line['query']), text: line['text'] }];
  });
  const newest = newestManifest(listOf(fields['manifests']).filter((path) => typeof path === 'string')) ?? '';
  const manifest = newest === '' ? undefined : await readInside(directory, newest);
  const actions = listOf(fields['actions']).map(fieldsOf);
  const answers = [
    ...answersOf(fields['apply_responses']),
    ...repeatsOf(actions, newest.split('/').at(-1) ?? ''),
  ].toSorted((a, b) => a.at - b.at);
  const start = Date.parse(textOf(fields['t0']));
  return {
    slug,
    namespace: textOf(fields['namespace']) || namespaceOf(changes),
    t0: Number.isNaN(start) ? guessedStart(changes) : start,
    changes,
    answers,
    logs: logs.toSorted((a, b) => a.at - b.at),
    wanted: manifest === undefined ? [] : wantedIn(manifest, newest),
    end: [...changes, ...answers, ...logs, ...actions.map((action) => ({ at: numberOf(action['at_ms']) ?? 0 }))].reduce(
      (latest, { at }) => Math.max(latest, at),
      0,
    ),
  };
};

const namespaceOf = (changes: readonly RecordedChange[]): string =>
  changes.map(({ object }) => object.metadata.namespace).find((namespace) => namespace !== undefined) ?? '';
