/** Where builds run: in containers where there is a Docker Engine, else on this machine, and only for its owner. */
import { dirname, join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { PlaceRequest } from './build-run.js';
import { BUILD_MARK } from './process-tree.js';
import type { Workplace } from './workplace.js';

type Environment = Readonly<Record<string, string | undefined>>;
export interface OpenPlaceOptions {
  readonly localMode: boolean;
  readonly env: Environment;
  /** Names the builds of this platform. */
  readonly owner: string;
}

/** Throws AppError invalid/`no_place_for_builds` where there is no engine and the machine is not the caller's own. */
export async function openPlace(
  { build, folder, ref, log }: PlaceRequest,
  options: OpenPlaceOptions,
  signal: AbortSignal,
): Promise<Workplace> {
  signal.throwIfAborted();
  const { localMode, env, owner } = options;
  const say = (text: string): void => log.say(text);
  const { type } = build.plan.environment;
  if (type !== 'LINUX_CONTAINER')
    say(`The environment type ${type} is run as LINUX_CONTAINER, on the processors of this machine`);
  if (env['DOCKER_HOST'] !== undefined) {
    const { ContainerWorkplace } = await import('./container/container-workplace.js');
    return ContainerWorkplace.open({ build, folder, ref, owner, localMode, env, say }, signal);
  }
  if (!localMode)
    throw new AppError('invalid', 'no_place_for_builds', 'The local runner has no Docker Engine to run builds in', {
      fields: [
        {
          field: 'account',
          message: 'the local runner has no Docker Engine',
          mend: 'Set DOCKER_HOST of codebuild-service, or run the project in an AWS account',
        },
      ],
    });
  say('This build runs on this machine, in processes of its own: there is no isolation');
  say(`The image ${build.plan.environment.image} is not used: the programs of this machine are`);
  const [{ HostWorkplace }, { DockerDoor }] = await Promise.all([
    import('./host-workplace.js'),
    import('./docker-program/docker-door.js'),
  ]);
  const mark = `${owner}/${ref}`;
  const docker = await DockerDoor.open({
    folder: join(folder, 'docker'),
    env: { ...env, [BUILD_MARK]: mark },
    owner,
    say,
  });
  return HostWorkplace.open({ folder, mark, env: buildEnvironment(env), docker });
}

/** What builds on this machine get of the platform's environment. */
export const buildEnvironment = (env: Environment): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(env).filter(
      (pair): pair is [string, string] => pair[1] !== undefined && !/^(?:HOME|TMPDIR|DOCKER_.*)$/.test(pair[0]),
    ),
  ),
  PATH: [
    // A start through npm puts the platform's own programs in front.
    ...(env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter((folder) => !/\/node_modules\//.test(folder)),
    dirname(process.execPath),
  ].join(':'),
});
