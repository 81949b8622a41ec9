/** `batch`: checked as all else, though only CodeBuild's own batch builds run it. */
import type { Entry, NodeReader } from './node-reader.js';
import { shown } from './node-reader.js';

const KINDS = ['build-list', 'build-matrix', 'build-graph', 'build-fanout'] as const;
const TASK_KEYS = ['identifier', 'buildspec', 'debug-session', 'env', 'ignore-failure'] as const;
const TASK_ENV = ['compute-type', 'fleet', 'image', 'privileged-mode', 'type', 'variables'] as const;
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,127}$/;

export function checkBatch(reader: NodeReader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const fields = reader.fields(entry, ['fast-fail', ...KINDS] as const);
  reader.flag(fields['fast-fail']);
  const kinds = KINDS.filter((kind) => fields[kind] !== undefined);
  if (kinds.length !== 1)
    reader.problem(
      entry.keyNode,
      entry.path,
      kinds.length === 0 ? 'says no kind of batch' : `says ${kinds.join(' and ')}`,
      `give exactly one of ${KINDS.join(', ')}`,
    );
  checkTasks(reader, fields['build-list'], false);
  checkTasks(reader, fields['build-graph'], true);
  checkMatrix(reader, fields['build-matrix']);
  checkFanout(reader, fields['build-fanout']);
}

function checkTasks(reader: NodeReader, entry: Entry | undefined, isGraph: boolean): void {
  if (entry === undefined) return;
  if (!reader.isList(entry)) {
    reader.problem(entry.keyNode, entry.path, 'must be a list of tasks', 'write each task with - identifier: below it');
    return;
  }
  const waitsFor = new Map<string, readonly string[]>();
  const waits: { readonly item: Entry; readonly on: string }[] = [];
  for (const task of reader.items(entry)) {
    const fields = isGraph
      ? reader.fields(task, [...TASK_KEYS, 'depend-on'] as const)
      : reader.fields<(typeof TASK_KEYS)[number] | 'depend-on'>(task, TASK_KEYS, {
          'depend-on': 'use build-graph: the tasks of a build-list wait for none',
        });
    const identifier = reader.word(fields.identifier);
    if (identifier === undefined) {
      if (isGraph) reader.problem(task.keyNode, task.path, 'has no identifier', 'add identifier: and a name');
    } else if (!IDENTIFIER.test(identifier))
      reader.problem(
        fields.identifier?.value,
        `${task.path}.identifier`,
        `${shown(identifier)} is no identifier`,
        'use letters, digits and underscores, and begin with a letter',
      );
    else if (waitsFor.has(identifier))
      reader.problem(fields.identifier?.value, `${task.path}.identifier`, 'is there twice', 'name each task once');
    reader.word(fields.buildspec);
    reader.flag(fields['debug-session']);
    reader.flag(fields['ignore-failure']);
    checkTaskEnv(reader, fields.env);
    const on = reader.items(fields['depend-on']).flatMap((item) => {
      const name = reader.word(item);
      return name === undefined ? [] : [{ item, on: name }];
    });
    waits.push(...on);
    if (identifier !== undefined)
      waitsFor.set(
        identifier,
        on.map((wait) => wait.on),
      );
  }
  for (const { item, on } of waits)
    if (!waitsFor.has(on))
      reader.problem(
        item.value,
        item.path,
        `there is no task ${shown(on)}`,
        `use one of: ${[...waitsFor.keys()].join(', ')}`,
      );
  const circle = circleIn(waitsFor);
  if (circle !== undefined)
    reader.problem(entry.keyNode, entry.path, `${circle.join(' → ')} wait for each other`, 'take one depend-on away');
}

function checkTaskEnv(reader: NodeReader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const fields = reader.fields(entry, TASK_ENV);
  for (const key of ['compute-type', 'fleet', 'image', 'type'] as const) reader.word(fields[key]);
  reader.flag(fields['privileged-mode']);
  if (fields.variables) for (const item of reader.entries(fields.variables)) reader.variable(item);
}

function checkMatrix(reader: NodeReader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const fields = reader.fields(entry, ['static', 'dynamic']);
  if (fields.static) {
    const fixed = reader.fields(fields.static, ['debug-session', 'env', 'ignore-failure']);
    reader.flag(fixed['debug-session']);
    reader.flag(fixed['ignore-failure']);
    checkTaskEnv(reader, fixed.env);
  }
  if (!fields.dynamic) {
    reader.problem(entry.keyNode, entry.path, 'has no dynamic part', 'add dynamic: with the values that are crossed');
    return;
  }
  const dynamic = reader.fields(fields.dynamic, ['buildspec', 'env']);
  reader.words(dynamic.buildspec);
  if (!dynamic.env) return;
  const env = reader.fields(dynamic.env, ['compute-type', 'fleet', 'image', 'variables']);
  for (const key of ['compute-type', 'fleet', 'image'] as const) reader.words(env[key]);
  if (env.variables) for (const item of reader.entries(env.variables)) reader.words(item);
}

function checkFanout(reader: NodeReader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const fields = reader.fields(entry, ['parallelism', 'ignore-failure', 'env']);
  reader.flag(fields['ignore-failure']);
  checkTaskEnv(reader, fields.env);
  const parallelism = reader.word(fields.parallelism);
  if (parallelism === undefined || !/^[1-9]\d{0,2}$/.test(parallelism))
    reader.problem(
      fields.parallelism?.value ?? entry.keyNode,
      `${entry.path}.parallelism`,
      'must be a whole number from 1',
      'say how many builds share the tests',
    );
}

/** The tasks of one circle, in its order; undefined when there is none. */
function circleIn(waitsFor: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>();
  const walk = (task: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(task)) return [...way.slice(way.indexOf(task)), task];
    if (done.has(task)) return undefined;
    for (const next of waitsFor.get(task) ?? []) {
      const circle = walk(next, [...way, task]);
      if (circle !== undefined) return circle;
    }
    done.add(task);
    return undefined;
  };
  for (const task of waitsFor.keys()) {
    const circle = walk(task, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
