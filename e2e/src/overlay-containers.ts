/**
 * Containers of an overlay of k8s/, run by a Docker Engine as a kubelet would: image, command, environment, memory and rights
 * are those of the objects. They share the host's network, so the addresses of the cluster are replaced by those of this
 * machine. MySQL's own image is not to be had here: what the migration Job does in it, this machine's client does.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { objectOf, type KubernetesObject } from './rendered-overlay.js';
import type { Starter } from './service-replicas.js';
import { repositoryRoot } from './started-platform.js';

const run = promisify(execFile);

export interface OverlayParts {
  readonly objects: readonly KubernetesObject[];
  /** Names of images by what the objects call them without the tag: `aws-deployer/deployer`. */
  readonly images: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** `mysql:3306` → `127.0.0.1:33060` */
  readonly addresses: Readonly<Record<string, string>>;
  /** Instead of what the objects set, for every container. */
  readonly settings: Readonly<Record<string, string>>;
  readonly dockerHost: string;
  /** Of all containers, so that none is left. */
  readonly label: string;
}
interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef: { readonly name: string; readonly key: string; readonly optional?: boolean };
  };
}
interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly envFrom?: readonly { readonly configMapRef: { readonly name: string } }[];
  readonly env?: readonly EnvVar[];
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly securityContext: {
    readonly readOnlyRootFilesystem?: boolean;
    readonly allowPrivilegeEscalation?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly securityContext: { readonly runAsUser: number; readonly runAsGroup: number };
  readonly volumes: readonly { readonly name: string; readonly emptyDir?: { readonly sizeLimit: string } }[];
}
type Settings = Readonly<Record<string, string>>;

export class OverlayContainers {
  constructor(private readonly parts: OverlayParts) {}

  /** Pods of this Deployment. `files`: files of this machine by where the container reads them. */
  starter(deployment: string, own: Settings = {}, files: Settings = {}): Starter {
    const pod = this.#pod('Deployment', deployment);
    const [container] = pod.containers;
    if (container === undefined) throw new Error(`${deployment} has no container`);
    return (settings) => this.#start(pod, container, { ...own, ...settings }, files);
  }

  /** What the migration Job does, step by step. Throws when one of them fails. */
  async migrate(): Promise<void> {
    const pod = this.#pod('Job', 'migration');
    for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
      const child = this.#image(container) === undefined ? this.#script(container) : this.#start(pod, container);
      const [code] = (await once(child, 'exit')) as [number | null];
      if (code !== 0) throw new Error(`${container.name} of the migration ended with ${String(code)}`);
    }
  }

  /** Those that a signal did not end, too. */
  async removeAll(): Promise<void> {
    const { label } = this.parts;
    const { stdout } = await this.#docker('ps', '--all', '--quiet', '--filter', `label=${label}`);
    const ids = stdout.split('\n').filter((id) => id !== '');
    if (ids.length > 0) await this.#docker('rm', '--force', '--volumes', ...ids);
  }

  #pod(kind: string, name: string): PodSpec {
    const { spec } = objectOf(this.parts.objects, kind, name);
    return (spec as unknown as { readonly template: { readonly spec: PodSpec } }).template.spec;
  }

  #image = ({ image }: Container): string | undefined => this.parts.images[image.replace(/:[^:/]*$/, '')];

  #start(pod: PodSpec, container: Container, own: Settings = {}, files: Settings = {}) {
    const image = this.#image(container);
    if (image === undefined) throw new Error(`there is no image ${container.image}`);
    const env = { ...this.#environment(container), ...this.parts.settings, ...own };
    const [entrypoint, ...args] = container.command ?? [];
    const words = [
      ...['run', '--rm', '--network', 'host', '--label', this.parts.label],
      ...confinement(pod, container),
      ...Object.entries(files).flatMap(([inside, file]) => ['--volume', `${file}:${inside}:ro`]),
      ...Object.keys(env).flatMap((name) => ['--env', name]), // values are in the client's environment, not in its arguments
      ...(entrypoint === undefined ? [] : ['--entrypoint', entrypoint]),
      ...[image, ...args],
    ];
    return spawn('docker', words, {
      env: { PATH: process.env['PATH'], ...env, DOCKER_HOST: this.parts.dockerHost },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  #script(container: Container) {
    const [shell = '', script = ''] = container.command ?? [];
    const [host = '', port = ''] = (this.parts.addresses['mysql:3306'] ?? '').split(':');
    return spawn(shell, [join(repositoryRoot, 'k8s/base/migration', basename(script))], {
      env: { PATH: process.env['PATH'], MYSQL_HOST: host, MYSQL_PORT: port, ...this.#environment(container) },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  #environment({ envFrom = [], env = [] }: Container): Settings {
    const values: Record<string, string> = {};
    for (const { configMapRef } of envFrom)
      Object.assign(values, objectOf(this.parts.objects, 'ConfigMap', configMapRef.name).data);
    for (const { name, value, valueFrom } of env) {
      const found =
        valueFrom === undefined
          ? (value ?? '').replaceAll(/\$\((\w+)\)/g, (_whole, other: string) => values[other] ?? '')
          : this.parts.secrets[valueFrom.secretKeyRef.name]?.[valueFrom.secretKeyRef.key];
      if (found !== undefined) values[name] = found;
      else if (valueFrom?.secretKeyRef.optional !== true) throw new Error(`nothing stands for ${name}`);
    }
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, this.#here(value)]));
  }

  #here = (text: string): string =>
    Object.entries(this.parts.addresses).reduce((now, [there, here]) => now.replaceAll(there, here), text);

  #docker = (...args: string[]) => run('docker', args, { env: { ...process.env, DOCKER_HOST: this.parts.dockerHost } });
}

/** The pod's rights in the words of `docker run`. What an emptyDir is to a pod, a folder in memory is here. */
function confinement(pod: PodSpec, { securityContext, resources, volumeMounts }: Container): string[] {
  const { runAsUser, runAsGroup } = pod.securityContext;
  const scratch = volumeMounts.filter(({ name }) =>
    pod.volumes.some((volume) => volume.name === name && volume.emptyDir !== undefined),
  );
  return [
    ...['--user', `${runAsUser}:${runAsGroup}`],
    ...(securityContext.readOnlyRootFilesystem === true ? ['--read-only'] : []),
    ...(securityContext.capabilities?.drop ?? []).flatMap((name) => ['--cap-drop', name]),
    ...(securityContext.allowPrivilegeEscalation === false ? ['--security-opt', 'no-new-privileges'] : []),
    ...['--memory', resources.limits.memory.replace(/i$/, '').toLowerCase()],
    ...scratch.flatMap(({ mountPath }) => ['--tmpfs', `${mountPath}:exec,uid=${runAsUser},gid=${runAsGroup},mode=770`]),
  ];
}
