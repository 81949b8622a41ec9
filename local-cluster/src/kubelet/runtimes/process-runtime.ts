/**
 * Runs host-built images as processes of this machine, without isolation: the image's root is copied for each container,
 * the command runs in it, every declared port is a free loopback port of its own, and `PORT` names the first.
 *
 * Processes stay in this program's process group. They write straight into their log file, so they outlive a crash of
 * this program and are adopted by the next one: a record beside the pod names pid and start time. All of a container's
 * processes carry a mark in their environment, by which also those are found whose parent has gone.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { findFreePort, POD_PORTS } from '../../network/free-port.js';
import {
  StartError,
  type ContainerRuntime,
  type ContainerSpec,
  type LocalImage,
  type RegistryCredential,
  type RunningContainer,
} from '../container-runtime.js';
import { HostImageStore } from './host-image-store.js';
import { orFormatError } from './foreign-program.js';
import { hostCommand, inRoot } from './host-command.js';
import { bootId, processesWith, startTicks } from './linux-processes.js';
import { ContainerRecord, kill } from './container-record.js';
import { ProcessContainer } from './process-container.js';

/** `<cluster>/<pod uid>/<container>/<attempt>` in the environment of every process of a container. */
const MARK = 'LOCAL_CLUSTER_CONTAINER';
const MEMORY_EVERY_MS = 500;
/** Where neither the pod nor the image names a port. */
const DEFAULT_PORT = 8080;

export class ProcessRuntime implements ContainerRuntime {
  readonly name = 'process';
  readonly version = process.version.slice(1);
  private readonly images: HostImageStore;
  private readonly running = new Set<ProcessContainer>();
  private readonly takenPorts = new Set<number>();
  private readonly clusterId: string;
  private readonly memoryTimer: NodeJS.Timeout;

  private readonly dataDir: string;

  constructor(
    dataDir: string,
    private readonly log: Logger,
  ) {
    // Whole paths: commands run in other folders, and two clusters of one machine must not take each other's processes.
    this.dataDir = resolve(dataDir);
    this.images = new HostImageStore(this.dataDir);
    this.clusterId = createHash('sha256').update(this.dataDir).digest('hex').slice(0, 16);
    this.memoryTimer = setInterval(() => {
      for (const container of this.running) container.enforceMemoryLimit();
    }, MEMORY_EVERY_MS);
    this.memoryTimer.unref();
  }

  findImage(image: string): Promise<LocalImage | undefined> {
    return this.images.find(image);
  }
  pull(image: string, credential: RegistryCredential | undefined, signal: AbortSignal): Promise<LocalImage> {
    return this.images.pull(image, credential, signal);
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const folder = this.containerDir(spec.podUid, spec.name);
    const root = join(folder, `root-${String(spec.attempt)}`);
    await this.images.copyRoot(spec.imageId, root);
    await mkdir(join(root, 'tmp'), { recursive: true });
    for (const mount of spec.mounts) await mountInto(root, mount.source, mount.target);
    const declared = spec.ports.length > 0 ? spec.ports : [DEFAULT_PORT];
    const ports: Record<string, number> = {};
    for (const port of declared) ports[port] = await this.takePort();
    const port = portVariable(spec.env['PORT'], ports, declared);
    const command = hostCommand({
      root,
      config: await this.images.config(spec.imageId),
      command: spec.command,
      args: spec.args,
      workingDir: spec.workingDir,
      env: {
        ...spec.env,
        PORT: String(port),
        HOSTNAME: spec.hostname,
        [MARK]: this.mark(spec.podUid, spec.name, spec.attempt),
      },
      mountTargets: spec.mounts.map(({ target }) => target),
    });
    await mkdir(command.cwd, { recursive: true });
    const child = await launch(orFormatError(command, root), spec.logFile);
    const record: ContainerRecord = {
      name: spec.name,
      attempt: spec.attempt,
      imageId: spec.imageId,
      pid: child.pid ?? 0,
      startTicks: startTicks(child.pid ?? 0) ?? '',
      bootId: bootId(),
      startedAt: new Date().toISOString(),
      ports,
      port,
      root,
      cwd: command.cwd,
      logFile: spec.logFile,
      ...(spec.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: spec.memoryLimitBytes }),
    };
    await this.writeRecord(spec.podUid, record);
    return this.follow(spec.podUid, record, child);
  }

  async adopt(podUid: string): Promise<readonly RunningContainer[]> {
    const records = await this.records(podUid);
    return records.filter(isAlive).map((record) => this.follow(podUid, record, undefined));
  }

  async endStrays(known: ReadonlySet<string>): Promise<void> {
    const alive = new Set<string>();
    for (const podUid of known)
      for (const record of await this.records(podUid))
        if (isAlive(record)) alive.add(this.mark(podUid, record.name, record.attempt));
    for (const { pid, value } of processesWith(MARK)) {
      if (!value.startsWith(`${this.clusterId}/`) || alive.has(value)) continue;
      this.log.info('ending a process that an earlier run left behind', { pid });
      kill(pid, 'SIGKILL');
    }
    for (const podUid of await listFolders(join(this.dataDir, 'pods')))
      if (!known.has(podUid)) await rm(join(this.dataDir, 'pods', podUid), { recursive: true, force: true });
  }

  async close(): Promise<void> {
    clearInterval(this.memoryTimer);
    await Promise.all([...this.running].map((container) => container.stop(0)));
  }

  private follow(podUid: string, record: ContainerRecord, child: ChildProcess | undefined): ProcessContainer {
    for (const port of Object.values(record.ports)) this.takenPorts.add(port);
    const container = new ProcessContainer(
      record,
      MARK,
      this.mark(podUid, record.name, record.attempt),
      child,
      async () => {
        await rm(this.recordFile(podUid, record.name), { force: true });
        await rm(record.root, { recursive: true, force: true });
      },
    );
    this.running.add(container);
    void container.exited.then(() => {
      this.running.delete(container);
      for (const port of Object.values(record.ports)) this.takenPorts.delete(port);
    });
    return container;
  }

  private async takePort(): Promise<number> {
    const port = await findFreePort(POD_PORTS, this.takenPorts);
    if (port === 0) throw new StartError('create', 'no free loopback port is left for the container');
    this.takenPorts.add(port);
    return port;
  }

  private mark(podUid: string, name: string, attempt: number): string {
    return `${this.clusterId}/${podUid}/${name}/${String(attempt)}`;
  }
  private containerDir(podUid: string, name: string): string {
    return join(this.dataDir, 'pods', podUid, 'containers', name);
  }
  private recordFile(podUid: string, name: string): string {
    return join(this.containerDir(podUid, name), 'container.json');
  }
  private async writeRecord(podUid: string, record: ContainerRecord): Promise<void> {
    const file = this.recordFile(podUid, record.name);
    await writeFile(`${file}.new`, JSON.stringify(record));
    await rename(`${file}.new`, file);
  }
  private async records(podUid: string): Promise<ContainerRecord[]> {
    const folder = join(this.dataDir, 'pods', podUid, 'containers');
    const records: ContainerRecord[] = [];
    for (const name of await listFolders(folder)) {
      const text = await readFile(join(folder, name, 'container.json'), 'utf8').catch(() => undefined);
      if (text !== undefined) records.push(ContainerRecord.parse(JSON.parse(text)));
    }
    return records;
  }
}

const isAlive = (record: ContainerRecord): boolean =>
  record.startTicks !== '' && record.bootId === bootId() && startTicks(record.pid) === record.startTicks;

async function listFolders(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** A volume in a root is a link to its folder. */
async function mountInto(root: string, source: string, target: string): Promise<void> {
  const place = inRoot(root, target);
  await rm(place, { recursive: true, force: true });
  await mkdir(dirname(place), { recursive: true });
  await symlink(source, place);
}

/** PORT is the loopback port of the port that the pod says it is; a number that is no declared port stays. */
function portVariable(
  wanted: string | undefined,
  ports: Readonly<Record<string, number>>,
  declared: readonly number[],
): number {
  const real = ports[wanted ?? String(declared[0])];
  return real ?? Number(wanted);
}

async function launch(
  command: { file: string; args: readonly string[]; cwd: string; env: Readonly<Record<string, string>> },
  logFile: string,
): Promise<ChildProcess> {
  const output = openSync(logFile, 'a');
  try {
    const child = spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env,
      stdio: ['ignore', output, output],
      // Without /proc the only way to end all of a container's processes is a group of their own.
      detached: process.platform !== 'linux',
    });
    await once(child, 'spawn');
    return child;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    const why = code === 'ENOEXEC' ? 'exec format error' : code === 'EACCES' ? 'permission denied' : messageOf(error);
    throw new StartError('run', `unable to start container process: exec: "${command.file}": ${why}: unknown`, {
      cause: error,
    });
  } finally {
    closeSync(output);
  }
}
