/**
 * Which Docker Engine there is and how to speak to it: `DOCKER_HOST` (unix, tcp with or without TLS, http), else the
 * socket of this machine. Looking asks once over plain HTTP and loads no SDK, so it costs start-up nothing.
 */
import { readFile } from 'node:fs/promises';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';

type Environment = Readonly<Record<string, string | undefined>>;
export interface FoundDocker {
  /** As in DOCKER_HOST. */
  readonly host: string;
  readonly version: string;
}
interface Address {
  readonly host: string;
  readonly socketPath?: string;
  readonly name?: string;
  readonly port?: number;
  readonly tls?: { readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer };
}
const DEFAULT_HOST = 'unix:///var/run/docker.sock';
/** A second look is more patient: where this process was busy itself, silence means nothing. */
const PATIENCE_MS = [1_000, 4_000] as const;

/** Throws AppError invalid/`docker_host_invalid` for an address that cannot be spoken to. */
async function addressOf(env: Environment): Promise<Address> {
  const host = env['DOCKER_HOST'] || DEFAULT_HOST;
  const invalid = (why: string): AppError =>
    new AppError('invalid', 'docker_host_invalid', `DOCKER_HOST ${host}: ${why}`);
  if (host.startsWith('unix://')) return { host, socketPath: host.slice('unix://'.length) };
  if (!/^(?:tcp|https?):\/\//.test(host) || !URL.canParse(host.replace(/^tcp:/, 'http:')))
    throw invalid('only unix://, tcp://, http:// and https:// are spoken');
  const url = new URL(host.replace(/^tcp:/, 'http:'));
  const secure = host.startsWith('https:') || (env['DOCKER_TLS_VERIFY'] ?? '') !== '';
  const address = { host, name: url.hostname, port: Number(url.port) || (secure ? 2376 : 2375) };
  if (!secure) return address;
  const folder = env['DOCKER_CERT_PATH'] || join(env['HOME'] ?? '/root', '.docker');
  try {
    const [ca, cert, key] = await Promise.all(
      ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name))),
    );
    if (ca !== undefined && cert !== undefined && key !== undefined) return { ...address, tls: { ca, cert, key } };
  } catch (cause) {
    throw invalid(`its certificates cannot be read from ${folder}: ${messageOf(cause)}`);
  }
  throw invalid(`there are no certificates in ${folder}`);
}

/** Asks for an engine's version; one that is there but silent is given five seconds. */
export async function findDocker(env: Environment): Promise<FoundDocker | { readonly why: string }> {
  let address: Address;
  try {
    address = await addressOf(env);
  } catch (error) {
    return { why: messageOf(error) };
  }
  for (const patienceMs of PATIENCE_MS) {
    const answer = await askVersion(address, patienceMs);
    if (answer !== 'silent') return answer;
  }
  return {
    why: `no Docker Engine answers at ${address.host} (silent for ${String(PATIENCE_MS[0] + PATIENCE_MS[1])} ms)`,
  };
}

function askVersion(address: Address, patienceMs: number): Promise<FoundDocker | { readonly why: string } | 'silent'> {
  const options: RequestOptions = {
    path: '/version',
    timeout: patienceMs,
    signal: AbortSignal.timeout(patienceMs),
    agent: false,
    ...(address.socketPath === undefined
      ? { host: address.name, port: address.port }
      : { socketPath: address.socketPath }),
  };
  return new Promise((resolve) => {
    const no = (why: string): void => resolve({ why: `no Docker Engine answers at ${address.host} (${why})` });
    const ask = address.tls === undefined ? httpRequest(options) : httpsRequest({ ...options, ...address.tls });
    ask.on('response', (res) => {
      let body = '';
      res.setEncoding('utf8');
      res.on('data', (chunk: string) => (body += chunk));
      res.on('error', (error) => no(error.message));
      res.on('end', () => {
        const version = /"Version"\s*:\s*"([^"]+)"/.exec(body)?.[1];
        if (res.statusCode === 200 && version !== undefined) resolve({ host: address.host, version });
        else no(`HTTP ${String(res.statusCode)}`);
      });
    });
    ask.on('error', (error: NodeJS.ErrnoException) =>
      error.name === 'AbortError' || error.name === 'TimeoutError'
        ? resolve('silent')
        : no(error.code ?? error.message),
    );
    ask.end();
  });
}

/** The SDK on the engine that `findDocker` looks at. */
export async function connectDocker(env: Environment): Promise<Docker> {
  const [{ default: Dockerode }, address] = await Promise.all([import('dockerode'), addressOf(env)]);
  if (address.socketPath !== undefined) return new Dockerode({ socketPath: address.socketPath });
  return new Dockerode({
    host: address.name ?? '',
    port: address.port ?? 2375,
    protocol: address.tls === undefined ? 'http' : 'https',
    ...address.tls,
  });
}
