/**
 * The `batch` part of a buildspec as the builds that it asks for: each task, or each cell of a matrix, one start body with the
 * identifiers that it waits for. Pure; throws invalid on `buildspec`, for that is where the part stands.
 */
import { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { BatchEnvironment, BatchMatrix, BatchTask, BuildspecBatch } from '../buildspec/buildspec.js';

export interface PlannedBuild {
  readonly identifier: string;
  readonly body: StartBuildBody;
  /** Identifiers of builds of the batch that must have ended before. */
  readonly dependsOn: readonly string[];
  /** Its failure fails neither the batch nor those that wait for it. */
  readonly ignoreFailure: boolean;
  /** Its failure stops what is left of the batch. */
  readonly endsBatch: boolean;
}

/** As many as may be started in one request. */
export const MOST_BUILDS = 500;

/**
 * `body`: what is asked of all of them; what a task says for itself takes its place, variable by variable.
 * `environmentType`: the project's, which a build cannot change.
 */
export function planBatch(
  { fastFail, builds }: BuildspecBatch,
  body: StartBuildBody,
  environmentType: string,
): PlannedBuild[] {
  if (builds.kind === 'fanout')
    throw invalidField(
      'buildspec',
      'batch.build-fanout shares tests among builds by a program of CodeBuild’s own build images',
      'name the parts in a build-list, or cross a variable in a build-matrix',
    );
  const tasks = builds.kind === 'matrix' ? cellsOf(builds) : builds.tasks;
  if (tasks.length === 0)
    throw invalidField('buildspec', `batch.build-${builds.kind} names no build`, 'write at least one task');
  checkCount(tasks.length, builds.kind);
  const taken = new Set(tasks.flatMap(({ identifier }) => identifier ?? []));
  return tasks.map((task, index) => ({
    identifier: task.identifier ?? freeName(index + 1, taken),
    body: bodyOf(task, body, environmentType, `batch.build-${builds.kind}[${index}]`),
    dependsOn: task.dependsOn,
    ignoreFailure: task.ignoreFailure,
    endsBatch: fastFail && !task.ignoreFailure,
  }));
}

function checkCount(count: number, kind: string): void {
  if (count > MOST_BUILDS)
    throw invalidField(
      'buildspec',
      `batch.build-${kind} is ${count} builds`,
      `ask for at most ${MOST_BUILDS} in one batch`,
    );
}

/** A task of a list may have no name. */
function freeName(number: number, taken: ReadonlySet<string>): string {
  let name = `build_${number}`;
  while (taken.has(name)) name += '_';
  return name;
}

/** The first axis changes slowest, as the lines are read. */
function cellsOf(matrix: BatchMatrix): BatchTask[] {
  const { buildspecs, images, computes, fleets, variables, environment, ignoreFailure } = matrix;
  const axes: readonly (readonly Cell[])[] = [
    buildspecs.map((buildspec) => ({ buildspec })),
    images.map((image) => ({ image })),
    computes.map((compute) => ({ compute })),
    fleets.map((fleet) => ({ fleet })),
    ...Object.entries(variables).map(([name, values]) => values.map((value) => ({ variables: { [name]: value } }))),
  ].filter((axis) => axis.length > 0);
  // Counted before it is made: ten axes of ten values are more than any memory holds.
  checkCount(
    axes.reduce((product, axis) => product * axis.length, 1),
    'matrix',
  );
  if (axes.length === 0) return [];
  return axes
    .reduce<readonly Cell[]>((cells, axis) => cells.flatMap((cell) => axis.map((more) => merged(cell, more))), [{}])
    .map(({ buildspec, variables: own, ...more }) => ({
      identifier: null,
      buildspec: buildspec ?? null,
      ignoreFailure,
      environment: { ...environment, ...more, variables: { ...environment.variables, ...own } },
      dependsOn: [],
    }));
}
type Cell = Partial<Omit<BatchEnvironment, 'privileged' | 'type'>> & { readonly buildspec?: string };
const merged = (a: Cell, b: Cell): Cell => ({ ...a, ...b, variables: { ...a.variables, ...b.variables } });

function bodyOf(task: BatchTask, body: StartBuildBody, environmentType: string, place: string): StartBuildBody {
  const { compute, fleet, image, privileged, type, variables } = task.environment;
  if (fleet !== null) throw invalidField('buildspec', `${place}.env.fleet: builds run on demand`, 'take it away');
  if (type !== null && type !== environmentType)
    throw invalidField(
      'buildspec',
      `${place}.env.type is ${type}, but the project builds on ${environmentType}`,
      `make a project of type ${type} for it`,
    );
  const own = Object.entries(variables).map(([name, value]) => ({ name, value, type: 'PLAINTEXT' }));
  const parsed = StartBuildBody.safeParse({
    ...body,
    ...(task.buildspec === null ? {} : { buildspec: task.buildspec }),
    ...(compute === null ? {} : { compute }),
    ...(image === null ? {} : { image }),
    ...(privileged === null ? {} : { privileged }),
    variables: [...body.variables.filter(({ name }) => !Object.hasOwn(variables, name)), ...own],
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidField(
    'buildspec',
    `${place}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be started'}`,
    'mend the task in the batch part',
  );
}
