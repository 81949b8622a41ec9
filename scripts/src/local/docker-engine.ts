/** Whether a Docker Engine answers, asked with one request and no SDK. */
import { request, type RequestOptions } from 'node:http';

export interface DockerAnswer {
  readonly host: string;
  readonly usable: boolean;
  readonly why: string;
}
const DEFAULT_HOST = 'unix:///var/run/docker.sock';
const PATIENCE_MS = 1_500;

export async function askDocker(dockerHost: string | undefined): Promise<DockerAnswer> {
  const host = dockerHost ?? DEFAULT_HOST;
  const target = targetOf(host);
  if (target === undefined)
    return { host, usable: true, why: `DOCKER_HOST is ${host}; its first use will show whether it answers` };
  const refusal = await ping(target);
  if (refusal === undefined) return { host, usable: true, why: `a Docker Engine answers at ${host}` };
  return { host, usable: false, why: `no Docker Engine answers at ${host} (${refusal})` };
}

/** Undefined for ways that are not plain HTTP (ssh, TLS). */
function targetOf(host: string): RequestOptions | undefined {
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  const url = URL.canParse(host) ? new URL(host.replace(/^tcp:/, 'http:')) : undefined;
  if (url?.protocol !== 'http:' || process.env['DOCKER_TLS_VERIFY']) return undefined;
  return { host: url.hostname, port: url.port || 2375 };
}

function ping(target: RequestOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const call = request({ ...target, path: '/_ping', timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? undefined : `HTTP ${response.statusCode}`);
    });
    call.on('timeout', () => call.destroy(new Error(`silent for ${PATIENCE_MS} ms`)));
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    call.end();
  });
}
