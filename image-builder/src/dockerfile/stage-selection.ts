/** Which stages of a Dockerfile have to be built, and the arguments that all of them know. Pure. */
import { hostArchitecture } from '@aws-deployer/platform/oci/read-image';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Dockerfile } from './dockerfile.js';
import { expandPairs, expandWords } from './instruction-words.js';

/** The same Dockerfile with the stage of that name or number as its last one. Throws AppError invalid/`stage_missing`. */
export function upToStage(dockerfile: Dockerfile, target: string): Dockerfile {
  const named = dockerfile.stages.findIndex(({ name }) => name === target.toLowerCase());
  const index = named === -1 && /^\d+$/.test(target) ? Number(target) : named;
  if (dockerfile.stages[index] === undefined)
    throw new AppError('invalid', 'stage_missing', `The Dockerfile has no stage ${target}`);
  return { ...dockerfile, stages: dockerfile.stages.slice(0, index + 1) };
}

/** ARG lines before the first FROM, with the build's values and the ones every build knows. */
export function globalArguments(
  dockerfile: Dockerfile,
  buildArgs: Readonly<Record<string, string>>,
): ReadonlyMap<string, string> {
  const platform = `linux/${hostArchitecture()}`;
  const args = new Map([
    ['TARGETPLATFORM', platform],
    ['TARGETOS', 'linux'],
    ['TARGETARCH', hostArchitecture()],
    ['BUILDPLATFORM', platform],
    ['BUILDOS', 'linux'],
    ['BUILDARCH', hostArchitecture()],
  ]);
  for (const arg of dockerfile.globalArgs)
    for (const [name, preset] of expandPairs(arg.rest, (known) => args.get(known), dockerfile.escape)) {
      const value = buildArgs[name] ?? (arg.rest.includes(`${name}=`) ? preset : undefined);
      if (value !== undefined) args.set(name, value);
    }
  return args;
}

/** Numbers of the stages that the last one stands on or copies from: the others are not built. */
export function neededStages(dockerfile: Dockerfile, args: ReadonlyMap<string, string>): ReadonlySet<number> {
  const indexOf = (name: string, before: number): number | undefined => {
    const named = dockerfile.stages.findIndex((stage, i) => i < before && stage.name === name.toLowerCase());
    if (named !== -1) return named;
    return /^\d+$/.test(name) && Number(name) < before ? Number(name) : undefined;
  };
  const needed = new Set<number>();
  const visit = (index: number): void => {
    const stage = dockerfile.stages[index];
    if (stage === undefined || needed.has(index)) return;
    needed.add(index);
    const image = expandWords(stage.image, (name) => args.get(name)).join('');
    const sources = [image, ...stage.instructions.flatMap((each) => each.flags['from'] ?? [])];
    for (const source of sources) {
      const found = indexOf(source, index);
      if (found !== undefined) visit(found);
    }
  };
  visit(dockerfile.stages.length - 1);
  return needed;
}
