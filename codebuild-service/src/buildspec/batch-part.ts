/** `batch`: the builds that one start of a batch is. */
import type { BatchEnvironment, BatchMatrix, BatchTask, BuildspecBatch } from './buildspec.js';
import type { Entry, NodeReader } from './node-reader.js';
import { shown } from './node-reader.js';

const KINDS = ['build-list', 'build-matrix', 'build-graph', 'build-fanout'] as const;
const TASK_KEYS = ['identifier', 'buildspec', 'debug-session', 'env', 'ignore-failure'] as const;
const TASK_ENV = ['compute-type', 'fleet', 'image', 'privileged-mode', 'type', 'variables'] as const;
const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,127}$/;
const AS_THE_PROJECT: BatchEnvironment = {
  compute: null,
  fleet: null,
  image: null,
  privileged: null,
  type: null,
  variables: {},
};

/** null: there is none, or (a problem) none that can be read. */
export function readBatch(reader: NodeReader, entry: Entry | undefined): BuildspecBatch | null {
  if (entry === undefined) return null;
  const fields = reader.fields(entry, ['fast-fail', ...KINDS] as const);
  const fastFail = reader.flag(fields['fast-fail']);
  const kinds = KINDS.filter((kind) => fields[kind] !== undefined);
  if (kinds.length !== 1)
    reader.problem(
      entry.keyNode,
      entry.path,
      kinds.length === 0 ? 'says no kind of batch' : `says ${kinds.join(' and ')}`,
      `give exactly one of ${KINDS.join(', ')}`,
    );
  const { 'build-list': list, 'build-graph': graph, 'build-matrix': matrix, 'build-fanout': fanout } = fields;
  const builds = [
    ...(list === undefined ? [] : [{ kind: 'list' as const, tasks: readTasks(reader, list, false) }]),
    ...(graph === undefined ? [] : [{ kind: 'graph' as const, tasks: readTasks(reader, graph, true) }]),
    ...(matrix === undefined ? [] : [{ kind: 'matrix' as const, ...readMatrix(reader, matrix) }]),
  ];
  checkFanout(reader, fanout);
  return { fastFail, builds: builds[0] ?? { kind: 'fanout' } };
}

function readTasks(reader: NodeReader, entry: Entry, isGraph: boolean): BatchTask[] {
  if (!reader.isList(entry)) {
    reader.problem(entry.keyNode, entry.path, 'must be a list of tasks', 'write each task with - identifier: below it');
    return [];
  }
  const tasks: BatchTask[] = [];
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
    reader.flag(fields['debug-session']);
    const on = reader.items(fields['depend-on']).flatMap((item) => {
      const name = reader.word(item);
      return name === undefined ? [] : [{ item, on: name }];
    });
    waits.push(...on);
    const dependsOn = on.map((wait) => wait.on);
    if (identifier !== undefined) waitsFor.set(identifier, dependsOn);
    tasks.push({
      identifier: identifier ?? null,
      buildspec: reader.word(fields.buildspec) ?? null,
      ignoreFailure: reader.flag(fields['ignore-failure']),
      environment: readTaskEnv(reader, fields.env),
      dependsOn,
    });
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
  return tasks;
}

function readTaskEnv(reader: NodeReader, entry: Entry | undefined): BatchEnvironment {
  if (entry === undefined) return AS_THE_PROJECT;
  const fields = reader.fields(entry, TASK_ENV);
  const privileged = reader.flag(fields['privileged-mode']);
  return {
    compute: reader.word(fields['compute-type']) ?? null,
    fleet: reader.word(fields.fleet) ?? null,
    image: reader.word(fields.image) ?? null,
    privileged: fields['privileged-mode'] === undefined ? null : privileged,
    type: reader.word(fields.type) ?? null,
    variables: Object.fromEntries(
      (fields.variables === undefined ? [] : reader.entries(fields.variables)).map((item) => [
        item.key,
        reader.variable(item),
      ]),
    ),
  };
}

function readMatrix(reader: NodeReader, entry: Entry): BatchMatrix {
  const fields = reader.fields(entry, ['static', 'dynamic']);
  const fixed = fields.static ? reader.fields(fields.static, ['debug-session', 'env', 'ignore-failure']) : {};
  reader.flag(fixed['debug-session']);
  const dynamic = fields.dynamic ? reader.fields(fields.dynamic, ['buildspec', 'env']) : {};
  if (!fields.dynamic)
    reader.problem(entry.keyNode, entry.path, 'has no dynamic part', 'add dynamic: with the values that are crossed');
  const env = dynamic.env ? reader.fields(dynamic.env, ['compute-type', 'fleet', 'image', 'variables']) : {};
  return {
    ignoreFailure: reader.flag(fixed['ignore-failure']),
    environment: readTaskEnv(reader, fixed.env),
    buildspecs: reader.words(dynamic.buildspec),
    computes: reader.words(env['compute-type']),
    fleets: reader.words(env.fleet),
    images: reader.words(env.image),
    variables: Object.fromEntries(
      (env.variables ? reader.entries(env.variables) : []).map((item) => [item.key, reader.words(item)]),
    ),
  };
}

function checkFanout(reader: NodeReader, entry: Entry | undefined): void {
  if (entry === undefined) return;
  const fields = reader.fields(entry, ['parallelism', 'ignore-failure', 'env']);
  reader.flag(fields['ignore-failure']);
  readTaskEnv(reader, fields.env);
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
