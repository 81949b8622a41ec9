/** What a stage of a Dockerfile has come to: its files' folder and the settings that its image starts with. */
import type { HostBase } from './host-bases.js';

export type Command =
  | { readonly form: 'json'; readonly argv: readonly string[] }
  | { readonly form: 'shell'; readonly shell: readonly string[]; readonly line: string };

export interface StageState {
  /** The folder that is the image's file system. */
  readonly root: string;
  readonly base: HostBase;
  readonly env: Map<string, string>;
  /** Values of ARG lines, with the build's own; not part of the image. */
  readonly args: Map<string, string>;
  readonly labels: Map<string, string>;
  /** `8080/tcp`, in the order of the lines. */
  readonly exposed: Set<string>;
  readonly volumes: Set<string>;
  workdir: string;
  shell: readonly string[];
  entrypoint: Command | undefined;
  cmd: Command | undefined;
  stopSignal: string | undefined;
  /** Named by USER: for the image's configuration only. */
  user: string | undefined;
}

export const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];
/** The ports of EXPOSE lines; without any, the one that the base stands for. */
export const exposedPorts = (stage: StageState): readonly string[] =>
  stage.exposed.size > 0 || stage.base.port === undefined ? [...stage.exposed] : [`${String(stage.base.port)}/tcp`];

/** Where Python packages of an image go. */
export const PYTHON_ENVIRONMENT = '/opt/venv';
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function stageOnHostBase(root: string, base: HostBase): StageState {
  const path = [
    ...(base.kind === 'python' ? [`${PYTHON_ENVIRONMENT}/bin`] : []),
    ...(base.kind === 'go' ? ['/go/bin'] : []),
    ...base.binFolders,
    ...SYSTEM_PATH,
  ];
  const env = new Map([['PATH', [...new Set(path)].join(':')]]);
  if (base.kind === 'go') env.set('GOPATH', '/go');
  return {
    root,
    base,
    env,
    args: new Map(),
    labels: new Map(),
    exposed: new Set(),
    volumes: new Set(),
    workdir: base.workdir,
    shell: DEFAULT_SHELL,
    entrypoint: base.entrypoint.length === 0 ? undefined : { form: 'json', argv: base.entrypoint },
    cmd: base.cmd.length === 0 ? undefined : { form: 'json', argv: base.cmd },
    stopSignal: undefined,
    user: undefined,
  };
}

/** `FROM` an earlier stage: its settings in a root of its own. */
export const stageOnStage = (root: string, earlier: StageState): StageState => ({
  ...earlier,
  root,
  env: new Map(earlier.env),
  args: new Map(),
  labels: new Map(earlier.labels),
  exposed: new Set(earlier.exposed),
  volumes: new Set(earlier.volumes),
});
