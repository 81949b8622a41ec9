/**
 * A text as a buildspec of version 0.2, checked by the whole reference of that version: unknown keys, wrong shapes and
 * wrong words are problems with line, column and mend; what runs but is likely a slip is a warning.
 */
import { isMap, LineCounter, parseDocument } from 'yaml';
import { readBatch } from './batch-part.js';
import type { ParsedBuildspec } from './buildspec.js';
import { readEnv, readProxy } from './env-part.js';
import { NodeReader, shown, type Entry } from './node-reader.js';
import { readArtifacts, readCache, readReports } from './outputs-part.js';
import { readPhases } from './phases-part.js';
import { yamlProblem } from './yaml-problems.js';

/** Characters: what is longer is no buildspec, and CodeBuild takes less. */
const LONGEST = 1_000_000;
/** More than a person mends at a time. */
const MOST_PROBLEMS = 100;
const PARTS = ['version', 'run-as', 'env', 'proxy', 'batch', 'phases', 'reports', 'artifacts', 'cache'] as const;

export function parseBuildspec(text: string): ParsedBuildspec {
  if (text.length > LONGEST)
    return refused(
      `is ${String(text.length)} characters long`,
      'move the commands to a script of the source and call it',
    );
  const lines = new LineCounter();
  // keys that are there twice are found by the reader: the library compares each with each
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const yamlWarnings = document.warnings.map((warning) => yamlProblem(warning, lines));
  if (document.errors.length > 0)
    return {
      buildspec: null,
      problems: document.errors.slice(0, MOST_PROBLEMS).map((error) => yamlProblem(error, lines)),
      warnings: yamlWarnings,
    };
  const reader = new NodeReader(text, document, lines);
  if (reader.problems.length > 0) return { buildspec: null, problems: reader.problems, warnings: yamlWarnings };
  const root: Entry = { key: '', path: '', keyNode: document.contents, value: document.contents };
  if (reader.isEmpty(root)) return refused('is empty', 'begin with version: 0.2 and add phases:');
  if (!isMap(document.contents))
    return refused('is no buildspec: it must be a mapping', 'begin with version: 0.2 and add phases:');
  const fields = reader.fields(root, PARTS, {
    commands: 'move it into a phase: phases: build: commands:',
    install: 'move it below phases:',
    pre_build: 'move it below phases:',
    build: 'move it below phases:',
    post_build: 'move it below phases:',
    variables: 'move it below env:',
  });
  checkVersion(reader, fields.version, root);
  const buildspec = {
    runAs: reader.word(fields['run-as']) ?? null,
    env: readEnv(reader, fields.env),
    proxy: readProxy(reader, fields.proxy),
    ...readPhases(reader, fields.phases, root),
    reports: readReports(reader, fields.reports),
    ...readArtifacts(reader, fields.artifacts),
    cache: readCache(reader, fields.cache),
    batch: readBatch(reader, fields.batch),
  };
  const byPlace = (a: { line: number; column: number }, b: { line: number; column: number }): number =>
    a.line - b.line || a.column - b.column;
  return {
    buildspec: reader.problems.length === 0 ? buildspec : null,
    problems: reader.problems.sort(byPlace).slice(0, MOST_PROBLEMS),
    warnings: [...yamlWarnings, ...reader.warnings].sort(byPlace).slice(0, MOST_PROBLEMS),
  };
}

function checkVersion(reader: NodeReader, entry: Entry | undefined, root: Entry): void {
  if (entry === undefined) {
    reader.problem(root.value, 'version', 'is missing', 'begin with version: 0.2');
    return;
  }
  const version = reader.word(entry);
  if (version === '0.1')
    reader.problem(
      entry.value,
      entry.path,
      '0.1 runs each command in a shell of its own and is not run here',
      'write version: 0.2: its commands share one shell, so a cd or a variable holds for those after it',
    );
  else if (version !== undefined && version !== '0.2')
    reader.problem(entry.value, entry.path, `must be 0.2, not ${shown(version)}`, 'write version: 0.2');
}

const refused = (message: string, mend: string): ParsedBuildspec => ({
  buildspec: null,
  problems: [{ line: 1, column: 1, path: '', message, mend }],
  warnings: [],
});
