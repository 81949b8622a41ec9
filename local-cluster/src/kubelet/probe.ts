/**
 * One attempt of a probe or hook handler against a container: HTTP (200–399 passes, redirects are not followed), TCP
 * connect, or a command's exit code. Messages are the kubelet's of Kubernetes, with the pod's own address and port even
 * where the connection goes to another one (host processes listen on loopback ports of their own).
 */
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Container, Handler, HttpGetAction, IntOrString } from '../resources/types.js';
import type { RunningContainer } from './container-runtime.js';

export interface ProbeResult {
  readonly ok: boolean;
  readonly message: string;
  /** Nobody listens: the process may listen elsewhere. */
  readonly refused?: boolean;
  /** Could not be tried at all; counts as neither. */
  readonly unknown?: boolean;
}
export interface ProbeTarget {
  readonly spec: Container;
  readonly container: RunningContainer;
  readonly podIp: string;
}

export async function probeOnce(target: ProbeTarget, handler: Handler, timeoutMs: number): Promise<ProbeResult> {
  const simulated = target.container.simulatedProbe?.(handler.httpGet);
  if (simulated !== undefined) return simulated;
  if (handler.exec !== undefined) return probeExec(target, handler.exec.command ?? [], timeoutMs);
  if (handler.httpGet !== undefined) return probeHttp(target, handler.httpGet, timeoutMs);
  if (handler.tcpSocket !== undefined) return probeTcp(target, handler.tcpSocket, timeoutMs);
  return { ok: true, message: '' };
}

async function probeExec(
  { container }: ProbeTarget,
  command: readonly string[],
  timeoutMs: number,
): Promise<ProbeResult> {
  try {
    const { exitCode, output } = await container.exec(command, timeoutMs);
    return { ok: exitCode === 0, message: output };
  } catch (error) {
    return { ok: false, message: messageOf(error), unknown: true };
  }
}

/** The number of a port given by number or by its name in the container. */
export function portNumber(port: IntOrString, spec: Container): number | undefined {
  if (typeof port === 'number') return port;
  return (
    spec.ports?.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined)
  );
}

interface Address {
  readonly shown: string;
  /** Undefined: the container is gone, and whoever answers at its port on this machine is another. */
  readonly host: string | undefined;
  readonly port: number;
}
function addressOf(target: ProbeTarget, port: IntOrString, host: string | undefined): Address | undefined {
  const number = portNumber(port, target.spec);
  if (number === undefined) return undefined;
  const { container, podIp } = target;
  const mapped = container.ports[number];
  return {
    shown: `${host ?? podIp}:${String(number)}`,
    host: host ?? (mapped === undefined ? hostOf(container.ip, podIp) : '127.0.0.1'),
    port: mapped ?? number,
  };
}

function hostOf(ip: string | undefined | null, podIp: string): string | undefined {
  if (ip === null) return undefined;
  return ip ?? (podIp.startsWith('127.') ? '127.0.0.1' : podIp); // a container that joined another's network has the pod's
}

const refusedAt = (shown: string): string => `dial tcp ${shown}: connect: connection refused`;

function probeHttp(target: ProbeTarget, action: HttpGetAction, timeoutMs: number): Promise<ProbeResult> {
  const address = addressOf(target, action.port, action.host);
  if (address === undefined)
    return Promise.resolve({ ok: false, message: `couldn't find port: ${String(action.port)}`, unknown: true });
  const tls = action.scheme === 'HTTPS';
  const path = (action.path ?? '/').startsWith('/') ? (action.path ?? '/') : `/${action.path ?? ''}`;
  const get = `Get "${tls ? 'https' : 'http'}://${address.shown}${path}"`;
  const { host } = address;
  if (host === undefined)
    return Promise.resolve({ ok: false, message: `${get}: ${refusedAt(address.shown)}`, refused: true });
  const headers: Record<string, string> = {
    Host: address.shown,
    'User-Agent': 'kube-probe/1.36',
    Accept: '*/*',
    Connection: 'close',
  };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve({
        ok: false,
        message: `${get}: context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
      });
      call.destroy();
    }, timeoutMs);
    const done = (result: ProbeResult): void => {
      clearTimeout(timer);
      resolve(result);
      call.destroy();
    };
    const call = (tls ? requestTls : request)(
      {
        host,
        port: address.port,
        path,
        headers,
        agent: false,
        ...(tls ? { rejectUnauthorized: false } : {}),
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        answer.resume();
        const ok = status >= 200 && status < 400;
        done({ ok, message: ok ? '' : `HTTP probe failed with statuscode: ${String(status)}` });
      },
    );
    call.on('error', (error) => {
      done({ ok: false, message: `${get}: ${dialMessage(error, address.shown)}`, refused: isRefused(error) });
    });
    call.end();
  });
}

function probeTcp(
  target: ProbeTarget,
  action: { port: IntOrString; host?: string },
  timeoutMs: number,
): Promise<ProbeResult> {
  const address = addressOf(target, action.port, action.host);
  if (address === undefined)
    return Promise.resolve({ ok: false, message: `couldn't find port: ${String(action.port)}`, unknown: true });
  const { host } = address;
  if (host === undefined) return Promise.resolve({ ok: false, message: refusedAt(address.shown), refused: true });
  return new Promise((resolve) => {
    const socket = connect({ host, port: address.port });
    const done = (result: ProbeResult): void => {
      clearTimeout(timer);
      resolve(result);
      socket.destroy();
    };
    const timer = setTimeout(() => done({ ok: false, message: `dial tcp ${address.shown}: i/o timeout` }), timeoutMs);
    socket.once('connect', () => done({ ok: true, message: '' }));
    socket.once('error', (error) =>
      done({ ok: false, message: dialMessage(error, address.shown), refused: isRefused(error) }),
    );
  });
}

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');
const isRefused = (error: Error): boolean => codeOf(error) === 'ECONNREFUSED';

function dialMessage(error: Error, shown: string): string {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return refusedAt(shown);
    case 'EHOSTUNREACH':
      return `dial tcp ${shown}: connect: no route to host`;
    case 'ECONNRESET':
      return error.message.includes('hang up') ? 'EOF' : `read tcp ${shown}: read: connection reset by peer`;
    default:
      return error.message;
  }
}
