/** One container of a Docker Engine, from its start to its removal. */
import { createWriteStream } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { ExecSession } from '../../api/hooks.js';
import { createLogFile, trackLog } from '../container-log.js';
import type { ContainerExit, ExecResult, RunningContainer } from '../container-runtime.js';
import { statusOf } from './docker-error.js';
import type { DockerRemains } from './docker-remains.js';

const EXEC_OUTPUT_BYTES = 10 * 1024;

interface Parts {
  readonly docker: Docker;
  readonly container: Docker.Container;
  readonly facts: Docker.ContainerInspectInfo;
  readonly name: string;
  readonly attempt: number;
  readonly imageId: string | undefined;
  readonly logFile: string;
  readonly ip: string | undefined | null;
  /** It ran before this program did. */
  readonly adopted: boolean;
  readonly remains: DockerRemains;
}

export class DockerContainer implements RunningContainer {
  readonly containerId: string;
  readonly runtime = 'docker';
  readonly imageId: string | undefined;
  readonly name: string;
  readonly attempt: number;
  readonly startedAt: Date;
  readonly ip: string | undefined | null;
  readonly ports: Readonly<Record<number, number>>;
  readonly port: number | undefined;
  readonly exited: Promise<ContainerExit>;
  private readonly logging = new AbortController();

  private constructor(private readonly parts: Parts) {
    const { facts } = parts;
    this.containerId = `docker://${facts.Id}`;
    this.imageId = parts.imageId;
    this.name = parts.name;
    this.attempt = parts.attempt;
    this.startedAt = new Date(facts.State.StartedAt);
    this.ip = parts.ip;
    this.ports = publishedPorts(facts);
    this.port = undefined;
    this.exited = this.untilExit();
  }

  static async follow(parts: Parts): Promise<DockerContainer> {
    await createLogFile(parts.logFile);
    // The engine has the whole log: what was copied before is copied again rather than joined at a guess.
    if (parts.adopted) await truncate(parts.logFile, 0);
    return new DockerContainer(parts);
  }

  async stop(graceMs: number): Promise<void> {
    const { container } = this.parts;
    // "Not modified", "not running" and "no such container" all mean that it has ended. An engine that says nothing is away: whoever
    // waits for the end is told that it was lost, and what is left of it goes when the engine is back.
    const ended = (error: unknown): void => {
      const status = statusOf(error);
      if (status !== undefined && status !== 304 && status !== 404 && status !== 409) throw error;
    };
    if (graceMs === 0) await container.kill({ signal: 'SIGKILL' }).catch(ended);
    else await container.stop({ t: Math.ceil(graceMs / 1000) }).catch(ended);
    await this.exited;
  }

  async exec(command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const { docker, container } = this.parts;
    const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    let output = '';
    const sink = new PassThrough();
    sink.on('data', (chunk: Buffer) => {
      if (output.length < EXEC_OUTPUT_BYTES) output += chunk.toString('utf8');
    });
    docker.modem.demuxStream(stream, sink, sink);
    const timer = setTimeout(() => stream.destroy(new Error('timed out')), timeoutMs);
    try {
      await finished(stream, { writable: false });
    } catch {
      return {
        exitCode: 1,
        output: `command timed out: "${command.join(' ')}" timed out after ${String(timeoutMs / 1000)}s`,
      };
    } finally {
      clearTimeout(timer);
    }
    const { ExitCode } = await exec.inspect();
    return { exitCode: ExitCode ?? 1, output };
  }

  async openExec(command: readonly string[], { stdin, tty }: { stdin: boolean; tty: boolean }): Promise<ExecSession> {
    const { docker, container } = this.parts;
    const exec = await container.exec({
      Cmd: [...command],
      AttachStdin: stdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: tty,
    });
    const stream = await exec.start({ hijack: true, stdin });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    if (tty) stream.pipe(stdout);
    else docker.modem.demuxStream(stream, stdout, stderr);
    const exit = finished(stream, { writable: false }).then(async () => {
      stdout.end();
      stderr.end();
      return (await exec.inspect()).ExitCode ?? 1;
    });
    return {
      stdin: stdin ? stream : undefined,
      stdout,
      stderr: tty ? undefined : stderr,
      exit,
      kill: () => stream.destroy(),
    };
  }

  async listeningPorts(): Promise<readonly number[] | undefined> {
    return undefined; // inside, every program may have the port it likes
  }

  async remove(): Promise<void> {
    await this.parts.remains.remove(this.parts.container);
  }

  private async untilExit(): Promise<ContainerExit> {
    const { container, logFile } = this.parts;
    const tracked = trackLog(logFile, this.logging.signal);
    const copied = this.copyLog();
    let exitCode = 255;
    let outOfMemory = false;
    let message: string | undefined;
    let finishedAt = new Date();
    try {
      const { StatusCode } = (await container.wait()) as { StatusCode: number };
      exitCode = StatusCode;
      const { State } = await container.inspect();
      outOfMemory = State.OOMKilled;
      finishedAt = new Date(State.FinishedAt);
      if (State.Error !== '') message = State.Error;
    } catch (error) {
      message = `the container was lost: ${error instanceof Error ? error.message : String(error)}`;
    }
    await copied;
    this.logging.abort();
    await tracked;
    return {
      exitCode,
      reason: outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error',
      finishedAt,
      ...(message === undefined ? {} : { message }),
    };
  }

  private async copyLog(): Promise<void> {
    const { docker, container, logFile } = this.parts;
    const file = createWriteStream(logFile, { flags: 'a' });
    file.on('error', () => undefined); // a disk that is full: the container goes on without its log
    try {
      const stream = await container.logs({ follow: true, stdout: true, stderr: true });
      docker.modem.demuxStream(stream, file, file);
      await finished(stream, { writable: false });
    } catch (error) {
      file.write(`(the log broke off: ${error instanceof Error ? error.message : String(error)})\n`);
    }
    file.end();
    await finished(file).catch(() => undefined);
  }
}

function publishedPorts({ NetworkSettings }: Docker.ContainerInspectInfo): Record<number, number> {
  const ports: Record<number, number> = {};
  for (const [name, bindings] of Object.entries(NetworkSettings.Ports ?? {})) {
    const published = (bindings as { HostPort: string }[] | null)?.[0]?.HostPort;
    if (published !== undefined) ports[Number.parseInt(name, 10)] = Number(published);
  }
  return ports;
}

/** Whatever it is doing, with its volumes; one that is gone or already going is what was wanted. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch((error: unknown) => {
    const status = statusOf(error);
    if (status !== 404 && status !== 409) throw error;
  });
}
