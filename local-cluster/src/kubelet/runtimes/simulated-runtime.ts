/**
 * A runtime that only pretends, for tests and for simulating scale. Nothing runs; pods that it "runs" say so in the
 * annotation `local-cluster/runtime`. What a pod does is told by annotations of its template, and is deterministic:
 *
 *   simulated.local-cluster/ready-after-ms   probes pass from then on (0)
 *   simulated.local-cluster/exit-after-ms    every container ends then (never)
 *   simulated.local-cluster/exit-code        … with this code (1); 137 is OOMKilled
 *   simulated.local-cluster/start-error      the command cannot be started: this message
 *   simulated.local-cluster/log              lines each container writes at its start
 *   simulated.local-cluster/stop-ms          how long it takes to heed TERM (0)
 *   simulated.local-cluster/answered-by      port on 127.0.0.1 of a server that stands for the pod's, and is the caller's
 *
 * An image whose tag is `pull-not_found`, `pull-unauthorized` or `pull-unreachable` cannot be pulled for that reason.
 * All other pods share one HTTP server that answers 200 `simulated`, so that Services answer.
 */
import { createServer, type Server } from 'node:http';
import { appendFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { timesFile } from '../container-log.js';
import {
  PullError,
  StartError,
  type ContainerExit,
  type ContainerRuntime,
  type ContainerSpec,
  type LocalImage,
  type RunningContainer,
} from '../container-runtime.js';

const PREFIX = 'simulated.local-cluster/';

export class SimulatedRuntime implements ContainerRuntime {
  readonly name = 'simulated';
  readonly version = '1';
  private readonly running = new Set<SimulatedContainer>();
  private readonly images = new Set<string>();
  private server: Promise<{ server: Server; port: number }> | undefined;

  async findImage(image: string): Promise<LocalImage | undefined> {
    return this.images.has(image) ? localImage(image) : undefined;
  }

  async pull(image: string): Promise<LocalImage> {
    const kind = /:pull-(not_found|unauthorized|unreachable)$/.exec(image)?.[1];
    const failed = `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
    if (kind === 'not_found')
      throw new PullError('not_found', `rpc error: code = NotFound desc = ${failed}: ${image}: not found`);
    if (kind === 'unauthorized')
      throw new PullError(
        'unauthorized',
        `${failed}: pulling from host failed with status code [manifests]: 401 Unauthorized`,
      );
    if (kind === 'unreachable')
      throw new PullError('unreachable', `${failed}: failed to do request: dial tcp: connect: connection refused`);
    this.images.add(image);
    return localImage(image);
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const error = spec.podAnnotations[`${PREFIX}start-error`];
    if (error !== undefined) throw new StartError('run', error);
    const log = spec.podAnnotations[`${PREFIX}log`];
    if (log !== undefined) {
      await appendFile(spec.logFile, `${log}\n`);
      await appendFile(timesFile(spec.logFile), `0 ${new Date().toISOString()}\n`);
    }
    const { port } = await (this.server ??= listen());
    const container = new SimulatedContainer(spec, port, () => this.running.delete(container));
    this.running.add(container);
    return container;
  }

  async adopt(): Promise<readonly RunningContainer[]> {
    return [];
  }
  async endStrays(): Promise<void> {}

  async close(): Promise<void> {
    for (const container of this.running) await container.stop(0);
    const opened = await this.server;
    opened?.server.closeAllConnections();
    opened?.server.close();
  }
}

async function listen(): Promise<{ server: Server; port: number }> {
  const server = createServer((_request, response) => response.end('simulated\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

const localImage = (image: string): LocalImage => ({
  imageId: `${image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')}@${/@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? `sha256:${createHash('sha256').update(image).digest('hex')}`}`,
  exposedPorts: [],
  sizeBytes: 0,
});

class SimulatedContainer implements RunningContainer {
  readonly containerId: string;
  readonly runtime = 'simulated';
  readonly imageId: string;
  readonly name: string;
  readonly attempt: number;
  readonly startedAt = new Date();
  readonly ip = undefined;
  readonly ports: Readonly<Record<number, number>>;
  readonly port: number | undefined;
  readonly exited: Promise<ContainerExit>;
  private end: (exit: ContainerExit) => void = () => undefined;
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly spec: ContainerSpec,
    port: number,
    onEnd: () => void,
  ) {
    this.name = spec.name;
    this.attempt = spec.attempt;
    this.imageId = spec.imageId;
    this.containerId = `simulated://${spec.podUid}-${spec.name}-${String(spec.attempt)}`;
    const answeredAt = this.number('answered-by') ?? port;
    this.ports = Object.fromEntries(spec.ports.map((declared) => [declared, answeredAt]));
    this.port = spec.ports[0];
    this.exited = new Promise((resolve) => {
      this.end = (exit) => {
        for (const timer of this.timers) clearTimeout(timer);
        onEnd();
        resolve(exit);
      };
    });
    const exitAfter = this.number('exit-after-ms');
    if (exitAfter === undefined) return;
    const exitCode = this.number('exit-code') ?? 1;
    this.timers.push(setTimeout(() => this.end(exitOf(exitCode)), exitAfter));
  }

  simulatedProbe(): { ok: boolean; message: string } {
    const ok = Date.now() - this.startedAt.getTime() >= (this.number('ready-after-ms') ?? 0);
    return { ok, message: ok ? '' : 'HTTP probe failed with statuscode: 503' };
  }
  async exec(): Promise<{ exitCode: number; output: string }> {
    return { exitCode: 0, output: '' };
  }
  async stop(graceMs: number): Promise<void> {
    const takes = this.number('stop-ms') ?? 0;
    const heeds = takes <= graceMs;
    this.timers.push(
      setTimeout(() => this.end(exitOf(heeds && graceMs > 0 ? 0 : 137, 'Error')), Math.min(takes, graceMs)),
    );
    await this.exited;
  }
  async listeningPorts(): Promise<readonly number[] | undefined> {
    return undefined;
  }
  async remove(): Promise<void> {}

  private number(name: string): number | undefined {
    const text = this.spec.podAnnotations[`${PREFIX}${name}`];
    return text === undefined ? undefined : Number(text);
  }
}

const exitOf = (
  exitCode: number,
  failure: 'Error' | 'OOMKilled' = exitCode === 137 ? 'OOMKilled' : 'Error',
): ContainerExit => ({
  exitCode,
  reason: exitCode === 0 ? 'Completed' : failure,
  finishedAt: new Date(),
});
