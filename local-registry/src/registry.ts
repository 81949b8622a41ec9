/**
 * The embedded image registry: an OCI distribution server on loopback over a folder, for machines without another one.
 *
 * Address   127.0.0.1 only, plain HTTP, no credential. Requests of browsers (`Origin`, `Sec-Fetch-*`) and requests under
 *           a name that is not loopback are refused, so no web page can reach it through a person's browser.
 * Port      `port: 0` takes the port of last time (image names contain it), at first start a free one.
 * Restart   everything is in the folder; an interrupted upload leaves nothing a client can see.
 * Throws    AppError conflict/`port_taken`.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { isLoopbackHost } from '@aws-deployer/platform/oci/image-reference';
import { writeAtomic } from './atomic-file.js';
import { ContentStore } from './content-store.js';
import { DistributionError } from './distribution-error.js';
import { DistributionRoutes, json } from './routes.js';
import { UploadStore } from './upload-store.js';

/** The part of the platform's logger that is used here. */
export interface RegistryLog {
  info(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}
export interface LocalRegistryOptions {
  /** The platform's data folder; the registry keeps to `registry/` in it. */
  readonly dataDir: string;
  readonly port: number;
  readonly log: RegistryLog;
}
export interface LocalRegistry {
  /** `127.0.0.1:40123`: the registry's name in image references. */
  readonly host: string;
  stop(): Promise<void>;
}

export async function startLocalRegistry(options: LocalRegistryOptions): Promise<LocalRegistry> {
  const { log } = options;
  const root = join(options.dataDir, 'registry');
  const store = new ContentStore(root);
  const uploads = new UploadStore(join(root, 'uploads'));
  await uploads.sweep(Date.now());
  const swept = await store.sweep(Date.now());
  if (swept.removedBlobs > 0) log.info('removed blobs that no image uses', { blobs: swept.removedBlobs });

  const routes = new DistributionRoutes(store, uploads);
  const server = createServer((req, res) => {
    answer(routes, req, res).catch((error: unknown) => {
      if (req.destroyed && !res.writable) return; // the client left; nothing is half kept
      log.error('registry request failed', { method: req.method, path: req.url, error: messageOf(error) });
      if (res.headersSent) res.destroy();
      else json(res, 500, { errors: [{ code: 'UNKNOWN', message: 'The registry failed; see its log' }] });
    });
  });
  server.requestTimeout = 0; // a large layer may take longer than Node's five minutes
  const portFile = join(root, 'port');
  const port = await listen(server, options.port === 0 ? await rememberedPort(portFile) : options.port);
  if (options.port === 0) await writeAtomic(portFile, String(port));
  return {
    host: `127.0.0.1:${String(port)}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), 1_000);
      await closed;
      clearTimeout(cut);
    },
  };
}

async function answer(routes: DistributionRoutes, req: IncomingMessage, res: ServerResponse): Promise<void> {
  res.setHeader('docker-distribution-api-version', 'registry/2.0');
  try {
    requireLocalProgram(req);
    await routes.handle(req, res);
  } catch (error) {
    if (error instanceof URIError)
      return refuse(req, res, new DistributionError('NAME_INVALID', 'Not a valid address'));
    if (error instanceof DistributionError && !res.headersSent) return refuse(req, res, error);
    if (isDisconnect(error)) return;
    throw error;
  }
}

function refuse(req: IncomingMessage, res: ServerResponse, error: DistributionError): void {
  // The rest of a refused upload is not read: the connection ends after the answer.
  const headers = req.complete ? error.headers : { ...error.headers, connection: 'close' };
  json(res, error.status, { errors: [{ code: error.code, message: error.message, detail: null }] }, headers);
}

function requireLocalProgram(req: IncomingMessage): void {
  const fromBrowser =
    req.headers.origin !== undefined || Object.keys(req.headers).some((h) => h.startsWith('sec-fetch'));
  if (fromBrowser || !isLoopbackHost(req.headers.host ?? ''))
    throw new DistributionError('DENIED', 'Only programs of this machine are answered, by a loopback address');
}

const isDisconnect = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE', 'EPIPE'].includes(String(error.code));

async function rememberedPort(file: string): Promise<number> {
  try {
    const port = Number(await readFile(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (cause) {
    throw new AppError(
      'conflict',
      'port_taken',
      `The registry cannot listen on 127.0.0.1:${String(port)}: ${messageOf(cause)}. Set LOCAL_REGISTRY_PORT to a free port`,
      { cause },
    );
  }
  return (server.address() as AddressInfo).port;
}
