/** The settings an image starts with, put so that they hold for host processes: see relocation.ts. */
import type { RunConfig } from '@aws-deployer/platform/oci/image-manifest';
import { type HostBase } from './host-bases.js';
import { STATIC_SERVER_PATH } from '../dockerfile/static-server.js';
import { relocateArguments, relocateShell } from './relocation.js';
import { exposedPorts, type Command, type StageState } from './stage-state.js';

export function runConfig(stage: StageState, labels: Readonly<Record<string, string>>): RunConfig {
  const place = { root: stage.root, workdir: stage.workdir, path: stage.env.get('PATH') ?? '' };
  const argv = (command: Command | undefined): string[] | undefined => {
    if (command === undefined) return undefined;
    if (command.form === 'shell') return [...relocateShell(command.shell, command.line, place)];
    if (stage.base.kind === 'static' && startsServer(command.argv, stage.base)) return ['node', STATIC_SERVER_PATH];
    return [...relocateArguments(command.argv, place)];
  };
  const ports = exposedPorts(stage);
  const entrypoint = argv(stage.entrypoint);
  return {
    Env: [...stage.env].map(([name, value]) => `${name}=${value}`),
    WorkingDir: stage.workdir,
    // A program named by CMD alone is relocated; behind an ENTRYPOINT it is that one's argument.
    ...(entrypoint !== undefined && { Entrypoint: entrypoint }),
    ...(stage.cmd !== undefined && { Cmd: entrypoint === undefined ? argv(stage.cmd) : [...commandWords(stage.cmd)] }),
    ...(ports.length > 0 && { ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])) }),
    ...(stage.volumes.size > 0 && { Volumes: Object.fromEntries([...stage.volumes].map((path) => [path, {}])) }),
    Labels: { ...Object.fromEntries(stage.labels), ...labels },
    ...(stage.user !== undefined && { User: stage.user }),
    ...(stage.stopSignal !== undefined && { StopSignal: stage.stopSignal }),
  };
}

const commandWords = (command: Command): readonly string[] =>
  command.form === 'json' ? command.argv : [...command.shell, command.line];

/** True for the commands by which the official images start their server. */
const startsServer = (argv: readonly string[], base: HostBase): boolean =>
  base.pages !== undefined &&
  /^(?:\/\S*\/)?(?:nginx|httpd|httpd-foreground|caddy|docker-entrypoint\.sh)$/.test(argv[0] ?? '');
