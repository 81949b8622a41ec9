/**
 * `pods/exec` and `pods/attach` over a WebSocket: one channel a stream, the first byte of each message names it (0 stdin, 1 stdout, 2
 * stderr, 3 the outcome as a Status, 4 the terminal's size, 255 a stream that the client closes, from v5 on).
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Readable, type Duplex } from 'node:stream';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Pod } from '../resources/types.js';
import { StatusError, badRequest, isStatusError } from '../store/status-error.js';
import type { ResourcePath } from './api-path.js';
import type { ExecSession, PodExec, PodLogs } from './hooks.js';
import { containerOf } from './pod-log-request.js';
import { WebSocketConnection } from './web-socket.js';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;
const [STDIN, STDOUT, STDERR, OUTCOME, CLOSED] = [0, 1, 2, 3, 255] as const;

export interface ExecCall {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
}

/** Throws StatusError before the connection is taken over; afterwards the outcome channel tells what went wrong. */
export const handleExec = async (call: ExecCall, pod: Pod, exec: PodExec | undefined): Promise<void> => {
  const { query } = call;
  if (exec === undefined) throw noKubelet();
  const protocol = protocolOf(call);
  const command = query.getAll('command');
  if (command.length === 0) throw badRequest('you must specify at least one command for the container');
  const container = containerOf(pod, query.get('container'));
  const session = await exec
    .open(pod, container, command, {
      stdin: isTrue(query, 'stdin'),
      tty: isTrue(query, 'tty'),
    })
    .catch((error: unknown) => {
      if (isStatusError(error)) throw error;
      // The connection stands by then in Kubernetes: a command that is not there is told over it.
      return failedSession(error);
    });
  await serve(call, protocol, session);
};

/** What a running container says from now on. Nothing is read from the client: containers here have no input. */
export const handleAttach = async (call: ExecCall, pod: Pod, logs: PodLogs | undefined): Promise<void> => {
  if (logs === undefined) throw noKubelet();
  const protocol = protocolOf(call);
  const container = containerOf(pod, call.query.get('container'));
  const running = pod.status?.containerStatuses?.some(({ name, state }) => name === container && state?.running);
  if (running !== true)
    throw new StatusError(
      500,
      'InternalError',
      `Internal error occurred: unable to upgrade connection: container ${container} not found in pod ${pod.metadata.name}_${pod.metadata.namespace ?? ''}`,
      {},
    );
  const left = new AbortController();
  const options = { container, tailLines: 0, follow: true, previous: false, timestamps: false, signal: left.signal };
  const stdout = Readable.from(logs.read(pod, options), { objectMode: false });
  await serve(call, protocol, {
    stdin: undefined,
    stdout,
    stderr: undefined,
    exit: once(stdout, 'end').then(() => 0),
    kill: () => left.abort(),
  });
};

const noKubelet = (): StatusError => new StatusError(503, 'ServiceUnavailable', 'no kubelet runs here');

/** Throws 400 where none is asked for that is served. */
const protocolOf = ({ request }: ExecCall): string => {
  const asked = String(request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
  const protocol = PROTOCOLS.find((one) => asked.includes(one));
  if ((request.headers.upgrade ?? '').toLowerCase() !== 'websocket' || protocol === undefined)
    throw badRequest('unable to upgrade: only WebSockets with v4.channel.k8s.io or v5.channel.k8s.io are served');
  return protocol;
};

/** Takes the connection over and carries the session on it to its end. */
const serve = async ({ request, socket, head }: ExecCall, protocol: string, session: ExecSession): Promise<void> => {
  const connection = WebSocketConnection.accept(request, socket, head, protocol, {
    onMessage: (message) => takeInput(session, message),
    onClose: () => session.kill(),
  });
  const channel = (number: number, data: Buffer): boolean =>
    connection.send(Buffer.concat([Buffer.from([number]), data]));
  const copy = async (from: Readable | undefined, number: number): Promise<void> => {
    if (from === undefined) return;
    for await (const chunk of from as AsyncIterable<Buffer>) if (!channel(number, chunk)) await connection.drained();
  };
  const copied = Promise.all([copy(session.stdout, STDOUT), copy(session.stderr, STDERR)]);
  try {
    const exitCode = await session.exit;
    await copied;
    channel(OUTCOME, Buffer.from(JSON.stringify(outcomeOf(exitCode))));
  } catch (error) {
    channel(OUTCOME, Buffer.from(JSON.stringify(failure(messageOf(error)))));
  }
  connection.close();
};

const failedSession = (error: unknown): ExecSession => ({
  stdin: undefined,
  stdout: Readable.from([]),
  stderr: undefined,
  exit: Promise.reject(error instanceof Error ? error : new Error(messageOf(error))),
  kill: () => undefined,
});

const isTrue = (query: URLSearchParams, name: string): boolean => ['true', '1'].includes(query.get(name) ?? '');

function takeInput(session: ExecSession, message: Buffer): void {
  if (session.stdin === undefined) return;
  if (message[0] === STDIN) session.stdin.write(message.subarray(1));
  else if (message[0] === CLOSED && message[1] === STDIN) session.stdin.end();
}

const outcomeOf = (exitCode: number): object =>
  exitCode === 0
    ? { metadata: {}, status: 'Success' }
    : {
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${String(exitCode)}`,
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
      };
const failure = (message: string): object => ({
  metadata: {},
  status: 'Failure',
  message: `Internal error occurred: error executing command in container: ${message}`,
  reason: 'InternalError',
  details: { causes: [{ message }] },
  code: 500,
});

/** A refusal in the place of the upgrade. */
export const refuseUpgrade = async (socket: Duplex, error: unknown): Promise<void> => {
  const status = isStatusError(error) ? error : new StatusError(500, 'InternalError', messageOf(error), {});
  const body = Buffer.from(JSON.stringify(status.toStatus()));
  socket.end(
    `HTTP/1.1 ${String(status.code)} ${status.reason}\r\nContent-Type: application/json\r\nContent-Length: ${String(body.length)}\r\nConnection: close\r\n\r\n${body.toString()}`,
  );
  await once(socket, 'close');
};
