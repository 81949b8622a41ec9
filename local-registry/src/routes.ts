/**
 * The OCI distribution API over the two stores: which request does what, and the headers clients rely on.
 *
 * Paths hold repository names with slashes, so they are matched from their end. Names, tags and digests are checked
 * here, before they become paths of files.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { ImageIndex, ImageManifest, INDEX_TYPES, MEDIA_TYPE } from '@aws-deployer/platform/oci/image-manifest';
import { DIGEST, REPOSITORY, TAG } from '@aws-deployer/platform/oci/image-reference';
import type { ContentStore } from './content-store.js';
import { DistributionError } from './distribution-error.js';
import {
  bodyOf,
  contentStart,
  linkTo,
  pageOf,
  parseJson,
  rangeAsked,
  requireDigest,
  requireRepository,
  requireSame,
  unsupported,
} from './request-reading.js';
import { rangeOf, type UploadStore } from './upload-store.js';

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MANIFEST_TYPES: readonly string[] = [
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerIndex,
];
const ROUTE =
  /^\/v2\/(?<name>.+?)\/(?:(?<tags>tags\/list)|manifests\/(?<reference>[^/]+)|blobs\/uploads\/(?<upload>[^/]*)|blobs\/(?<digest>[^/]+))$/;

export class DistributionRoutes {
  constructor(
    private readonly store: ContentStore,
    private readonly uploads: UploadStore,
  ) {}

  /** Answers one request. Throws DistributionError for what the caller can mend; the server writes it out. */
  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://registry');
    if (url.pathname === '/v2' || url.pathname === '/v2/') return json(res, 200, {});
    if (url.pathname === '/v2/_catalog') return this.catalog(res, url);
    const route = ROUTE.exec(decodeURIComponent(url.pathname))?.groups;
    const name = route?.['name'];
    if (route === undefined || name === undefined) throw new DistributionError('NAME_UNKNOWN', 'No such address');
    requireRepository(name);

    const { reference, upload, digest } = route;
    if (route['tags'] !== undefined) return this.tags(req, res, url, name);
    if (reference !== undefined) return this.manifest(req, res, name, reference);
    if (upload !== undefined) return this.upload(req, res, url, name, upload);
    return this.blob(req, res, name, requireDigest(digest));
  }

  private async catalog(res: ServerResponse, url: URL): Promise<void> {
    const page = pageOf(await this.store.repositories(), url);
    json(res, 200, { repositories: page.items }, linkTo(url, page));
  }

  private async tags(req: IncomingMessage, res: ServerResponse, url: URL, name: string): Promise<void> {
    if (req.method !== 'GET') throw unsupported(req);
    if (!(await this.store.hasRepository(name))) throw new DistributionError('NAME_UNKNOWN', `No repository ${name}`);
    const page = pageOf(await this.store.tags(name), url);
    json(res, 200, { name, tags: page.items }, linkTo(url, page));
  }

  private async manifest(req: IncomingMessage, res: ServerResponse, name: string, reference: string): Promise<void> {
    if (!TAG.test(reference) && !DIGEST.test(reference))
      throw new DistributionError('MANIFEST_INVALID', 'A manifest is named by a tag or a sha256 digest');
    switch (req.method) {
      case 'GET':
      case 'HEAD': {
        const found = await this.store.manifest(name, reference);
        if (found === undefined) throw new DistributionError('MANIFEST_UNKNOWN', `${name} has no ${reference}`);
        res.writeHead(200, {
          'content-type': found.mediaType,
          'content-length': found.bytes.length,
          'docker-content-digest': found.digest,
          etag: `"${found.digest}"`,
        });
        res.end(req.method === 'HEAD' ? undefined : found.bytes);
        return;
      }
      case 'PUT': {
        const bytes = await bodyOf(req, MAX_MANIFEST_BYTES);
        const mediaType = await this.checkManifest(req, name, bytes);
        const tag = DIGEST.test(reference) ? undefined : reference;
        if (tag === undefined) requireSame(reference, bytes);
        const digest = await this.store.putManifest(name, tag, bytes, mediaType);
        res.writeHead(201, {
          location: `/v2/${name}/manifests/${digest}`,
          'docker-content-digest': digest,
          'content-length': 0,
        });
        res.end();
        return;
      }
      case 'DELETE':
        if (!(await this.store.deleteManifest(name, reference)))
          throw new DistributionError('MANIFEST_UNKNOWN', `${name} has no ${reference}`);
        res.writeHead(202, { 'content-length': 0 }).end();
        return;
      default:
        throw unsupported(req);
    }
  }

  /** The media type of a manifest that is well formed and whose parts are here. */
  private async checkManifest(req: IncomingMessage, name: string, bytes: Buffer): Promise<string> {
    const json = parseJson(bytes);
    const stated = (req.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    const mediaType = MANIFEST_TYPES.includes(stated) ? stated : String((json as { mediaType?: unknown }).mediaType);
    if (!MANIFEST_TYPES.includes(mediaType))
      throw new DistributionError('MANIFEST_INVALID', `Manifests of type '${stated}' are not kept here`);
    if (INDEX_TYPES.includes(mediaType)) {
      const index = ImageIndex.safeParse(json);
      if (!index.success) throw new DistributionError('MANIFEST_INVALID', 'This is not an image index');
      await this.store.requireParts(
        name,
        [],
        index.data.manifests.map((entry) => entry.digest),
      );
      return mediaType;
    }
    const manifest = ImageManifest.safeParse(json);
    if (!manifest.success) throw new DistributionError('MANIFEST_INVALID', 'This is not an image manifest');
    const blobs = [manifest.data.config, ...manifest.data.layers.filter((layer) => layer['urls'] === undefined)];
    await this.store.requireParts(
      name,
      blobs.map((blob) => blob.digest),
      [],
    );
    return mediaType;
  }

  private async blob(req: IncomingMessage, res: ServerResponse, name: string, digest: string): Promise<void> {
    if (req.method === 'DELETE') {
      if (!(await this.store.unlinkBlob(name, digest)))
        throw new DistributionError('BLOB_UNKNOWN', `${name} has no blob ${digest}`);
      res.writeHead(202, { 'content-length': 0 }).end();
      return;
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') throw unsupported(req);
    const found = await this.store.openBlob(name, digest);
    if (found === undefined) throw new DistributionError('BLOB_UNKNOWN', `${name} has no blob ${digest}`);
    const headers = {
      'content-type': 'application/octet-stream',
      'docker-content-digest': digest,
      'accept-ranges': 'bytes',
      etag: `"${digest}"`,
    };
    try {
      const range = rangeAsked(req.headers.range, found.size);
      const status = range === undefined ? 200 : 206;
      const { start, end } = range ?? { start: 0, end: found.size - 1 };
      res.writeHead(status, {
        ...headers,
        'content-length': end - start + 1,
        ...(range && { 'content-range': `bytes ${String(start)}-${String(end)}/${String(found.size)}` }),
      });
      if (req.method === 'HEAD' || found.size === 0) res.end();
      else await pipeline(found.file.createReadStream({ start, end, autoClose: false }), res);
    } finally {
      await found.file.close();
    }
  }

  private async upload(
    req: IncomingMessage,
    res: ServerResponse,
    url: URL,
    name: string,
    upload: string,
  ): Promise<void> {
    const asked = url.searchParams.get('digest');
    if (upload === '') {
      if (req.method !== 'POST') throw unsupported(req);
      return this.startUpload(req, res, url, name);
    }
    switch (req.method) {
      case 'GET':
        return accepted(res, 204, name, upload, await this.uploads.size(upload));
      case 'PATCH':
        return accepted(res, 202, name, upload, await this.uploads.append(upload, req, contentStart(req)));
      case 'PUT': {
        const digest = requireDigest(asked ?? undefined);
        await this.uploads.append(upload, req, contentStart(req));
        return this.finishUpload(res, name, upload, digest);
      }
      case 'DELETE':
        await this.uploads.cancel(upload);
        res.writeHead(204).end();
        return;
      default:
        throw unsupported(req);
    }
  }

  /** Three ways in: mount from another repository, all bytes at once, or an address to send them to. */
  private async startUpload(req: IncomingMessage, res: ServerResponse, url: URL, name: string): Promise<void> {
    const mount = url.searchParams.get('mount');
    const from = url.searchParams.get('from');
    if (mount !== null && from !== null && REPOSITORY.test(from) && DIGEST.test(mount)) {
      if (await this.store.mountBlob(from, name, mount)) return created(res, name, mount);
    }
    const digest = url.searchParams.get('digest');
    const checked = digest === null ? undefined : requireDigest(digest);
    const id = await this.uploads.start();
    if (checked === undefined) return accepted(res, 202, name, id, 0);
    await this.uploads.append(id, req, undefined);
    return this.finishUpload(res, name, id, checked);
  }

  private async finishUpload(res: ServerResponse, name: string, id: string, digest: string): Promise<void> {
    await this.uploads.finish(id, digest, (path) => this.store.adoptBlob(name, digest, path));
    created(res, name, digest);
  }
}

function accepted(res: ServerResponse, status: 202 | 204, name: string, upload: string, size: number): void {
  res.writeHead(status, {
    location: `/v2/${name}/blobs/uploads/${upload}`,
    range: rangeOf(size),
    'docker-upload-uuid': upload,
    ...(status === 202 && { 'content-length': 0 }),
  });
  res.end();
}
function created(res: ServerResponse, name: string, digest: string): void {
  res.writeHead(201, {
    location: `/v2/${name}/blobs/${digest}`,
    'docker-content-digest': digest,
    'content-length': 0,
  });
  res.end();
}
export function json(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  res.end(bytes);
}
