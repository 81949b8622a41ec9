/**
 * An image registry in memory for tests of what pushes and pulls: manifests by tag and digest, blobs, uploads in one or
 * many pieces. It trusts its clients; the real one of the platform proves every digest.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface MemoryRegistry {
  /** `127.0.0.1:40123` */
  readonly host: string;
  /** `GET /v2/…` of every request, in order. */
  readonly requests: string[];
  stop(): Promise<void>;
}
export interface MemoryRegistryOptions {
  readonly username?: string;
  readonly password?: string;
}

export async function startMemoryRegistry(options: MemoryRegistryOptions = {}): Promise<MemoryRegistry> {
  const manifests = new Map<string, { bytes: Buffer; type: string; digest: string }>();
  const blobs = new Map<string, Buffer>();
  const uploads = new Map<string, Buffer>();
  const requests: string[] = [];

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://registry');
    requests.push(`${req.method ?? ''} ${url.pathname}`);
    const body = await buffer(req);
    const send = (status: number, headers: Record<string, string | number> = {}, bytes?: Buffer): void => {
      res.writeHead(status, { 'content-length': bytes?.length ?? 0, ...headers });
      res.end(req.method === 'HEAD' ? undefined : bytes);
    };
    const credential = `Basic ${Buffer.from(`${options.username ?? ''}:${options.password ?? ''}`).toString('base64')}`;
    if (options.username !== undefined && req.headers.authorization !== credential)
      return send(401, { 'www-authenticate': 'Basic realm="registry"' });

    const [, name, kind, rest] = /^\/v2\/(.+?)\/(manifests|blobs)\/(.+|uploads\/)$/.exec(url.pathname) ?? [];
    if (name === undefined || rest === undefined) return send(url.pathname === '/v2/' ? 200 : 404);
    if (kind === 'manifests') {
      if (req.method === 'PUT') {
        const digest = digestOf(body);
        const stored = { bytes: body, type: req.headers['content-type'] ?? '', digest };
        for (const reference of [rest, digest]) manifests.set(`${name}:${reference}`, stored);
        return send(201, { 'docker-content-digest': digest });
      }
      const found = manifests.get(`${name}:${rest}`);
      return found === undefined
        ? send(404)
        : send(
            200,
            { 'content-type': found.type, 'docker-content-digest': found.digest, 'content-length': found.bytes.length },
            found.bytes,
          );
    }
    if (!rest.startsWith('uploads/')) {
      const found = blobs.get(rest);
      return found === undefined ? send(404) : send(200, { 'content-length': found.length }, found);
    }
    const id = rest === 'uploads/' ? randomUUID() : rest.slice('uploads/'.length);
    const bytes = Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), body]);
    uploads.set(id, bytes);
    const digest = url.searchParams.get('digest');
    if (req.method === 'PUT' && digest !== null) {
      blobs.set(digest, bytes);
      uploads.delete(id);
      return send(201, { 'docker-content-digest': digest });
    }
    return send(202, {
      location: `/v2/${name}/blobs/uploads/${id}`,
      range: `0-${String(Math.max(bytes.length - 1, 0))}`,
    });
  }

  const server = createServer((req, res) => {
    answer(req, res).catch(() => res.destroy()); // the client left in the middle of its request
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
