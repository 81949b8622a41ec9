/** A registry of images for tests: they are put in by hand and read over the distribution API on a free loopback port. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { onTestFinished } from 'vitest';
import { MEDIA_TYPE } from '@aws-deployer/platform/oci/image-manifest';

export interface TestImage {
  /** Path in the image → content; a trailing `*` on the path makes the file executable. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  readonly config: Record<string, unknown>;
  /** A container image instead of a host-built one. */
  readonly container?: boolean;
  readonly diffIds?: boolean;
}
export interface TestRegistry {
  readonly host: string;
  /** Answers the reference by digest. */
  add(repository: string, tag: string, image: TestImage): Promise<string>;
  /** Every request is answered 401 from now on. */
  lock(): void;
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export async function testRegistry(): Promise<TestRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Buffer>();
  let locked = false;
  const server = createServer((request, response) => {
    const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(request.url ?? '') ?? [];
    const bytes =
      kind === 'blobs' ? blobs.get(reference ?? '') : manifests.get(`${repository ?? ''}@${reference ?? ''}`);
    if (locked) response.writeHead(401).end();
    else if (request.url === '/v2/') response.writeHead(200).end('{}');
    else if (bytes === undefined) response.writeHead(404).end('{}');
    else
      response
        .writeHead(200, {
          'content-type': kind === 'blobs' ? 'application/octet-stream' : MEDIA_TYPE.ociManifest,
          'content-length': bytes.length,
          'docker-content-digest': digestOf(bytes),
        })
        .end(request.method === 'HEAD' ? undefined : bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const keep = (bytes: Buffer): { digest: string; size: number } => {
    blobs.set(digestOf(bytes), bytes);
    return { digest: digestOf(bytes), size: bytes.length };
  };
  return {
    host,
    lock: () => (locked = true),
    async add(repository, tag, image) {
      const tar = await tarOf(image.files);
      const layer = keep(gzipSync(tar));
      const config = keep(
        Buffer.from(
          JSON.stringify({
            architecture: process.arch === 'x64' ? 'amd64' : process.arch,
            os: 'linux',
            config: image.config,
            rootfs: { type: 'layers', diff_ids: [digestOf(tar)] },
          }),
        ),
      );
      const manifest = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MEDIA_TYPE.ociManifest,
          config: { mediaType: MEDIA_TYPE.ociConfig, ...config },
          layers: [{ mediaType: MEDIA_TYPE.ociLayerGzip, ...layer }],
          ...(image.container === true ? {} : { annotations: { runtime: 'host' } }),
        }),
      );
      manifests.set(`${repository}@${tag}`, manifest);
      manifests.set(`${repository}@${digestOf(manifest)}`, manifest);
      return `${host}/${repository}@${digestOf(manifest)}`;
    },
  };
}

async function tarOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = pack();
  for (const [path, content] of Object.entries(files))
    archive.entry(
      { name: path.replace(/^\//, '').replace(/\*$/, ''), mode: path.endsWith('*') ? 0o755 : 0o644 },
      content,
    );
  archive.finalize();
  return buffer(archive);
}

/** An HTTP server on PORT: 200 on every path, its version as the body; `/slow` takes 300 ms; TERM ends it at once. */
export const nodeServer = (version: string, extra = ''): TestImage => ({
  files: {
    '/app/server.js': `
      const http = require('node:http');
      ${extra}
      console.log('${version} starts in ' + process.cwd());
      http.createServer((req, res) => {
        if (req.url === '/env') return res.end(JSON.stringify(process.env));
        if (req.url === '/slow') return setTimeout(() => res.end('${version}'), 300);
        res.end('${version}');
      }).listen(process.env.PORT, () => console.log('listening'));`,
  },
  config: {
    Cmd: ['node', '/app/server.js'],
    WorkingDir: '/app',
    Env: ['GREETING=hello'],
    ExposedPorts: { '8080/tcp': {} },
  },
});
