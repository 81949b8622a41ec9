/**
 * Which ports the parts listen on. The registry's is part of every image's name and the gateway's of every route's address,
 * so both are chosen once and remembered in `DATA_DIR/ports.json`. All are tried before anything starts: a taken one is
 * said in one line that names the port and the variable that changes it.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { z } from 'zod';
import type { Settings } from './settings.js';

export interface Ports {
  readonly registry: number;
  readonly gateway: number;
}
const Remembered = z.object({ registry: z.number().int(), gateway: z.number().int() }).partial();

/** Throws AppError conflict/`port_taken`. */
export async function choosePorts(settings: Settings): Promise<Ports> {
  const file = join(settings.DATA_DIR, 'ports.json');
  const remembered = await readRemembered(file);
  const registry = settings.LOCAL_REGISTRY_PORT ?? remembered.registry ?? (await freePort());
  const gateway = settings.LOCAL_GATEWAY_PORT ?? remembered.gateway ?? (await freePort());
  await assertFree(settings.PORT, settings.HOST, 'PORT');
  if (settings.KUBECONFIG === undefined) {
    await assertFree(settings.LOCAL_CLUSTER_PORT, '127.0.0.1', 'LOCAL_CLUSTER_PORT');
    await assertFree(gateway, '127.0.0.1', 'LOCAL_GATEWAY_PORT');
  }
  await assertFree(registry, '127.0.0.1', 'LOCAL_REGISTRY_PORT');
  if (registry !== remembered.registry || gateway !== remembered.gateway) {
    await writeFile(`${file}.new`, `${JSON.stringify({ registry, gateway })}\n`);
    await rename(`${file}.new`, file);
  }
  return { registry, gateway };
}

async function readRemembered(file: string): Promise<z.infer<typeof Remembered>> {
  try {
    return Remembered.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new AppError('invalid', 'bad_ports_file', `${file} is damaged: remove it to choose new ports`, {
      cause: error,
    });
  }
}

/** Below the range from which the kernel takes ports for outgoing connections, so that it is still free at the next start. */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if ((await tryPort(port, '127.0.0.1')) === undefined) return port;
  }
  throw new AppError('unavailable', 'no_free_port', 'No free port was found between 20000 and 32000');
}

/** Throws AppError conflict/`port_taken`, naming the port and the variable. */
export async function assertFree(port: number, host: string, variable: string): Promise<void> {
  const code = await tryPort(port, host);
  if (code === undefined) return;
  const why =
    code === 'EADDRINUSE'
      ? 'is taken'
      : code === 'EACCES'
        ? 'needs more rights than this user has'
        : `cannot be opened (${code})`;
  throw new AppError(
    'conflict',
    'port_taken',
    `Port ${port} on ${host} ${why}: stop what uses it or choose another with ${variable}`,
  );
}

/** The error's code; undefined when the port is free. */
function tryPort(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    probe.listen(port, host, () => probe.close(() => resolve(undefined)));
  });
}
