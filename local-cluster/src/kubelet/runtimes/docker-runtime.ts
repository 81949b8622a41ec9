/**
 * Runs containers in a Docker Engine, local or remote. Containers carry labels that say whose they are, so that they are
 * found again after a restart of this program and strays are ended.
 *
 * Network   containers have addresses of their own when the engine's bridge is on this machine; elsewhere (a virtual
 *           machine, a rootless or remote engine) their ports are published on loopback ports instead.
 * Logs      are copied into the pod's log file while the container runs; the ended container is removed.
 */
import { resolve } from 'node:path';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import {
  PullError,
  StartError,
  type ContainerRuntime,
  type ContainerSpec,
  type LocalImage,
  type RegistryCredential,
  type RunningContainer,
} from '../container-runtime.js';
import type { ContainerSecurity } from '../container-security.js';
import { DockerContainer, removeContainer } from './docker-container.js';
import { DockerRemains } from './docker-remains.js';
import { engineOptions, findNetwork, ping, type Network } from './docker-engine-connection.js';
import { engineIsAway, pullError, reasonOf, sentenceOf, statusOf } from './docker-error.js';

const LABEL = {
  cluster: 'local-cluster/cluster',
  pod: 'local-cluster/pod-uid',
  name: 'local-cluster/container',
  attempt: 'local-cluster/attempt',
  image: 'local-cluster/image-id',
};
const DEFAULT_PORT = 8080;
const MAX_HOSTNAME = 63;
const NAME_HELD_MS = 10_000;
const NAME_AGAIN_MS = 100;

export class DockerRuntime implements ContainerRuntime {
  readonly name = 'docker';
  private readonly imageIds = new Map<string, string>();
  private readonly remains = new DockerRemains();

  private constructor(
    private readonly docker: Docker,
    private readonly engine: Docker.DockerOptions,
    private readonly clusterId: string,
    readonly version: string,
    private readonly network: Network,
  ) {}

  /** Rejects with the reason when no engine answers. `host` is as in DOCKER_HOST. */
  static async connect(host: string | undefined, dataDir: string): Promise<DockerRuntime> {
    const options = engineOptions(host);
    await ping(options);
    const { default: Engine } = await import('dockerode');
    const docker = new Engine(options);
    const { Version } = await docker.version();
    const clusterId = createHash('sha256').update(resolve(dataDir)).digest('hex').slice(0, 16);
    return new DockerRuntime(docker, options, clusterId, Version, await findNetwork(docker));
  }

  async findImage(image: string): Promise<LocalImage | undefined> {
    try {
      return this.localImage(image, await this.docker.getImage(image).inspect());
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw new PullError('other', sentenceOf(error), { cause: error });
    }
  }

  async pull(image: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<LocalImage> {
    try {
      const options = {
        abortSignal: signal,
        ...(credential === undefined ? {} : { authconfig: { ...credential, serveraddress: '' } }),
      };
      const progress = await this.docker.pull(image, options);
      await new Promise<void>((resolve, reject) => {
        // A pull that fails ends well for the transport and says so in its events.
        this.docker.modem.followProgress(progress, (error: Error | null, events: { error?: string }[] | undefined) => {
          const failure = events?.find((event) => event.error !== undefined)?.error;
          if (error !== null) reject(error);
          else if (failure !== undefined) reject(new Error(failure));
          else resolve();
        });
      });
    } catch (error) {
      if (signal.aborted) throw error;
      const away = await this.away(error);
      if (away !== undefined) throw new PullError('other', away, { cause: error });
      throw pullError(image, error);
    }
    const found = await this.findImage(image);
    if (found === undefined) throw new PullError('other', `the container engine pulled ${image} and does not have it`);
    return found;
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const container = await this.create(spec);
    try {
      await container.start();
    } catch (error) {
      const away = await this.away(error);
      await this.remains.remove(container).catch(() => undefined); // it goes when the engine is back
      if (away !== undefined) throw new StartError('create', away, { cause: error });
      throw new StartError('run', `failed to create containerd task: ${reasonOf(error)}`, { cause: error });
    }
    return this.follow(container, false);
  }

  async adopt(podUid: string): Promise<readonly RunningContainer[]> {
    const adopted: RunningContainer[] = [];
    for (const { Id, State } of await this.ours(`${LABEL.pod}=${podUid}`)) {
      const container = this.docker.getContainer(Id);
      if (State !== 'running') await removeContainer(container);
      else {
        const followed = await this.follow(container, true).catch((error: unknown) => {
          if (statusOf(error) !== 404) throw error; // it went between the list and the look
        });
        if (followed !== undefined) adopted.push(followed);
      }
    }
    return adopted;
  }

  async endStrays(known: ReadonlySet<string>): Promise<void> {
    for (const { Id, Labels } of await this.ours())
      if (!known.has(Labels[LABEL.pod] ?? '')) await removeContainer(this.docker.getContainer(Id));
  }

  async close(): Promise<void> {
    this.remains.close();
  }

  /** The sentence for an engine that has stopped or is about to: what it says then tells nothing of a container or an image. */
  private async away(error: unknown): Promise<string | undefined> {
    try {
      await ping(this.engine);
      return undefined;
    } catch {
      return engineIsAway(reasonOf(error));
    }
  }

  private ours(...labels: string[]): Promise<Docker.ContainerInfo[]> {
    return this.docker.listContainers({
      all: true,
      filters: { label: [`${LABEL.cluster}=${this.clusterId}`, ...labels] },
    });
  }

  /**
   * A request that was under way when this program was killed may have been carried out since: the container that then has
   * the name was never started by anybody, and goes. The engine holds a name a while before and after it shows a container.
   */
  private async create(spec: ContainerSpec): Promise<Docker.Container> {
    for (const limit = Date.now() + NAME_HELD_MS; ; await sleep(NAME_AGAIN_MS)) {
      try {
        return await this.createOnce(spec);
      } catch (error) {
        if (!/already in use/.test(messageOf(error)) || Date.now() > limit) throw error;
        const left = await this.ours(
          `${LABEL.pod}=${spec.podUid}`,
          `${LABEL.name}=${spec.name}`,
          `${LABEL.attempt}=${String(spec.attempt)}`,
        );
        for (const { Id } of left) await removeContainer(this.docker.getContainer(Id));
      }
    }
  }

  private async createOnce(spec: ContainerSpec): Promise<Docker.Container> {
    const ports = spec.ports.length > 0 ? spec.ports : [DEFAULT_PORT];
    const joins = spec.networkOf?.replace(/^docker:\/\//, '');
    const published = !this.network.direct && joins === undefined;
    const named = ports.map((port) => `${String(port)}/tcp`);
    const env = { PORT: String(ports[0]), ...spec.env };
    try {
      return await this.docker.createContainer({
        name: `k8s_${spec.name}_${spec.podName}_${spec.namespace}_${spec.podUid}_${String(spec.attempt)}`,
        Image: this.imageIds.get(spec.imageId) ?? spec.image,
        ...(spec.command === undefined ? {} : { Entrypoint: [...spec.command] }),
        ...(spec.args === undefined ? {} : { Cmd: [...spec.args] }),
        ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
        ...(spec.security.user === undefined ? {} : { User: spec.security.user }),
        Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
        ...(joins === undefined ? { Hostname: spec.hostname.slice(0, MAX_HOSTNAME) } : {}),
        Labels: {
          [LABEL.cluster]: this.clusterId,
          [LABEL.pod]: spec.podUid,
          [LABEL.name]: spec.name,
          [LABEL.attempt]: String(spec.attempt),
          [LABEL.image]: spec.imageId,
          'local-cluster/log-file': spec.logFile,
        },
        ...(published ? { ExposedPorts: Object.fromEntries(named.map((port) => [port, {}])) } : {}),
        HostConfig: {
          NetworkMode: joins === undefined ? this.network.name : `container:${joins}`,
          ...rightsOf(spec.security),
          Binds: spec.mounts.map(({ source, target, readOnly }) => `${source}:${target}${readOnly ? ':ro' : ''}`),
          ...(spec.memoryLimitBytes === undefined
            ? {}
            : { Memory: Math.floor(spec.memoryLimitBytes), MemorySwap: Math.floor(spec.memoryLimitBytes) }),
          ...(spec.cpuLimitCores === undefined ? {} : { NanoCpus: Math.round(spec.cpuLimitCores * 1e9) }),
          ...(published
            ? { PortBindings: Object.fromEntries(named.map((port) => [port, [{ HostIp: '127.0.0.1', HostPort: '' }]])) }
            : {}),
        },
      });
    } catch (error) {
      throw new StartError('create', sentenceOf(error), { cause: error });
    }
  }

  private async follow(container: Docker.Container, adopted: boolean): Promise<RunningContainer> {
    const facts = await container.inspect();
    const { Labels } = facts.Config;
    return DockerContainer.follow({
      docker: this.docker,
      container,
      facts,
      name: Labels[LABEL.name] ?? '',
      attempt: Number(Labels[LABEL.attempt] ?? 0),
      imageId: Labels[LABEL.image],
      logFile: Labels['local-cluster/log-file'] ?? '',
      ip: addressOf(facts) ?? (facts.HostConfig.NetworkMode?.startsWith('container:') === true ? undefined : null),
      adopted,
      remains: this.remains,
    });
  }

  private localImage(image: string, facts: Docker.ImageInspectInfo): LocalImage {
    const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
    const digest = facts.RepoDigests?.find((one) => one.startsWith(`${repository}@`)) ?? `${repository}@${facts.Id}`;
    this.imageIds.set(digest, facts.Id);
    const exposed = facts.Config.ExposedPorts as Record<string, unknown> | null | undefined;
    return {
      imageId: digest,
      exposedPorts: Object.keys(exposed ?? {})
        .filter((port) => !port.endsWith('/udp'))
        .map((port) => Number.parseInt(port, 10))
        .sort((a, b) => a - b),
      sizeBytes: facts.Size,
      user: facts.Config.User,
    };
  }
}

/** Without a word on seccomp the engine's own profile holds, which is what RuntimeDefault means. */
const rightsOf = (security: ContainerSecurity): Docker.HostConfig => {
  const options = [
    ...(security.noNewPrivileges && !security.privileged ? ['no-new-privileges'] : []),
    ...(security.unconfined ? ['seccomp=unconfined'] : []),
  ];
  return {
    ...(security.groups.length === 0 ? {} : { GroupAdd: [...security.groups] }),
    ...(security.addedCapabilities.length === 0 ? {} : { CapAdd: [...security.addedCapabilities] }),
    ...(security.droppedCapabilities.length === 0 ? {} : { CapDrop: [...security.droppedCapabilities] }),
    ...(options.length === 0 ? {} : { SecurityOpt: options }),
    ...(security.readOnlyRoot ? { ReadonlyRootfs: true } : {}),
    ...(security.privileged ? { Privileged: true } : {}),
  };
};

function addressOf({ NetworkSettings }: Docker.ContainerInspectInfo): string | undefined {
  return Object.values(NetworkSettings.Networks)
    .map(({ IPAddress }) => IPAddress)
    .find((address) => address !== '');
}
