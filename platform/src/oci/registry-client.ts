/**
 * A small client of the OCI distribution API: what a builder, a deployer and a runtime need of a registry.
 *
 * Bytes     blobs are streams, checked against their digest while they are read; manifests are whole, at most 4 MiB.
 * Network   HTTPS; plain HTTP only with `insecure`, and only to this machine. Ten seconds to connect, thirty of silence.
 *           Redirects (registries keep blobs elsewhere) are followed without the credential when the host changes.
 * Throws    AppError invalid/`image_not_found`, invalid/`image_auth_failed`, unavailable/`registry_unreachable`,
 *           unavailable/`registry_refused` (any other answer, its words kept), internal/`blob_corrupt`.
 * Length    one protocol in one file: every request shares the token, the redirects and the words of refusal.
 * Restart   holds nothing but tokens; putting what is there already costs one HEAD.
 */
import type { Readable } from 'node:stream';
import { request, type Dispatcher } from 'undici';
import { AppError, messageOf } from '../errors/app-error.js';
import { digestCheck } from './digest-check.js';
import { MANIFEST_ACCEPT, sha256Digest } from './image-manifest.js';
import { apiHost, isLoopbackHost } from './image-reference.js';
import { imageAuthFailed, parseChallenge, RegistryAuth } from './registry-auth.js';

export interface RegistryClientOptions {
  /** `127.0.0.1:5001`, `docker.io`, `ghcr.io` */
  readonly host: string;
  /** Plain HTTP; refused for hosts that are not this machine. */
  readonly insecure?: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}
export interface ManifestHead {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
}
export interface FetchedManifest extends ManifestHead {
  readonly bytes: Buffer;
}
/** A blob to push. `open` may be called more than once: each time a fresh stream of the same bytes. */
export interface BlobSource {
  readonly digest: string;
  readonly size: number;
  readonly open: () => Readable;
}
type Answer = Dispatcher.ResponseData;
interface Call {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => Readable | Buffer;
}

const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const MAX_REDIRECTS = 5;
const pull = (repository: string): string => `repository:${repository}:pull`;
const push = (repository: string): string => `repository:${repository}:pull,push`;

export class RegistryClient {
  private readonly base: URL;
  private readonly auth: RegistryAuth;
  readonly host: string;

  constructor(options: RegistryClientOptions) {
    this.host = options.host;
    if (options.insecure === true && !isLoopbackHost(options.host))
      throw new AppError(
        'invalid',
        'registry_insecure',
        `The registry ${options.host} is not on this machine: plain HTTP is only spoken to loopback addresses`,
      );
    this.base = new URL(`${options.insecure === true ? 'http' : 'https'}://${apiHost(options.host)}`);
    this.auth = new RegistryAuth(
      options.host,
      options.username === undefined || options.password === undefined
        ? undefined
        : { username: options.username, password: options.password },
    );
  }

  /** Speaks to the registry once: reachable, and the credential is taken. */
  async ping(signal: AbortSignal): Promise<void> {
    const answer = await this.call({ method: 'GET', url: this.at('/v2/'), scope: '' }, signal);
    if (answer.statusCode !== 200) throw await this.refusal(answer, 'GET /v2/');
    await answer.body.dump();
  }

  /** What a tag or digest names now; undefined: nothing. */
  async headManifest(repository: string, reference: string, signal: AbortSignal): Promise<ManifestHead | undefined> {
    const answer = await this.call(
      {
        method: 'HEAD',
        url: this.at(`/v2/${repository}/manifests/${reference}`),
        scope: pull(repository),
        headers: { accept: MANIFEST_ACCEPT },
      },
      signal,
    );
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return undefined;
    }
    if (answer.statusCode !== 200) throw await this.refusal(answer, `HEAD of ${repository}:${reference}`);
    await answer.body.dump();
    const digest = headerOf(answer, 'docker-content-digest');
    // Not every registry names the digest on HEAD; then the bytes do.
    if (digest === undefined) return this.getManifest(repository, reference, signal);
    return {
      digest,
      mediaType: mediaTypeOf(answer),
      size: Number(headerOf(answer, 'content-length') ?? 0),
    };
  }

  /** The digest that a tag or digest names. Throws invalid/`image_not_found`. */
  async resolve(repository: string, reference: string, signal: AbortSignal): Promise<string> {
    const head = await this.headManifest(repository, reference, signal);
    if (head === undefined) throw this.notFound(repository, reference);
    return head.digest;
  }

  async getManifest(repository: string, reference: string, signal: AbortSignal): Promise<FetchedManifest> {
    const answer = await this.call(
      {
        method: 'GET',
        url: this.at(`/v2/${repository}/manifests/${reference}`),
        scope: pull(repository),
        headers: { accept: MANIFEST_ACCEPT },
      },
      signal,
    );
    if (answer.statusCode === 404) {
      await answer.body.dump();
      throw this.notFound(repository, reference);
    }
    if (answer.statusCode !== 200) throw await this.refusal(answer, `GET of ${repository}:${reference}`);
    const bytes = await readAtMost(answer.body, MAX_MANIFEST_BYTES, `the manifest of ${repository}:${reference}`);
    const digest = sha256Digest(bytes);
    const asked = reference.startsWith('sha256:') ? reference : headerOf(answer, 'docker-content-digest');
    if (asked !== undefined && asked.startsWith('sha256:') && asked !== digest)
      throw new AppError(
        'internal',
        'blob_corrupt',
        `${this.host} answered ${digest} for the manifest ${asked} of ${repository}`,
      );
    return { digest, mediaType: mediaTypeOf(answer), size: bytes.length, bytes };
  }

  /** Puts a manifest under a tag or its digest; answers its digest. */
  async putManifest(
    repository: string,
    reference: string,
    bytes: Buffer,
    mediaType: string,
    signal: AbortSignal,
  ): Promise<string> {
    const answer = await this.call(
      {
        method: 'PUT',
        url: this.at(`/v2/${repository}/manifests/${reference}`),
        scope: push(repository),
        headers: { 'content-type': mediaType },
        body: () => bytes,
      },
      signal,
    );
    if (answer.statusCode !== 201) throw await this.refusal(answer, `push of ${repository}:${reference}`);
    await answer.body.dump();
    return headerOf(answer, 'docker-content-digest') ?? sha256Digest(bytes);
  }

  async blobExists(repository: string, digest: string, signal: AbortSignal): Promise<boolean> {
    return this.hasBlob(repository, digest, pull(repository), signal);
  }

  /** The bytes of a blob; the stream fails with internal/`blob_corrupt` at its end when they are not the digest's. */
  async getBlob(repository: string, digest: string, signal: AbortSignal): Promise<Readable> {
    const answer = await this.call(
      { method: 'GET', url: this.at(`/v2/${repository}/blobs/${digest}`), scope: pull(repository) },
      signal,
    );
    if (answer.statusCode === 404) {
      await answer.body.dump();
      throw this.notFound(repository, digest);
    }
    if (answer.statusCode !== 200) throw await this.refusal(answer, `GET of blob ${digest}`);
    const checked = digestCheck(digest);
    answer.body.on('error', (error) => checked.destroy(error));
    checked.on('close', () => answer.body.destroy());
    return answer.body.pipe(checked);
  }

  /** A small blob (an image's configuration) whole, at most 4 MiB. */
  async readBlob(repository: string, digest: string, signal: AbortSignal): Promise<Buffer> {
    return readAtMost(await this.getBlob(repository, digest, signal), MAX_MANIFEST_BYTES, `blob ${digest}`);
  }

  /** Pushes a blob in one piece, unless it is there. */
  async putBlob(repository: string, blob: BlobSource, signal: AbortSignal): Promise<void> {
    const scope = push(repository);
    if (await this.hasBlob(repository, blob.digest, scope, signal)) return;
    const opened = await this.call(
      { method: 'POST', url: this.at(`/v2/${repository}/blobs/uploads/`), scope, headers: { 'content-length': '0' } },
      signal,
    );
    const location = headerOf(opened, 'location');
    if (opened.statusCode !== 202 || location === undefined)
      throw await this.refusal(opened, `start of an upload to ${repository}`);
    await opened.body.dump();
    const url = new URL(location, this.base);
    url.searchParams.set('digest', blob.digest);
    const answer = await this.call(
      {
        method: 'PUT',
        url,
        scope,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
        body: blob.open,
      },
      signal,
    );
    if (answer.statusCode !== 201) throw await this.refusal(answer, `upload of ${blob.digest} to ${repository}`);
    await answer.body.dump();
  }

  private async hasBlob(repository: string, digest: string, scope: string, signal: AbortSignal): Promise<boolean> {
    const answer = await this.call(
      { method: 'HEAD', url: this.at(`/v2/${repository}/blobs/${digest}`), scope },
      signal,
    );
    if (answer.statusCode !== 200 && answer.statusCode !== 404)
      throw await this.refusal(answer, `HEAD of blob ${digest}`);
    await answer.body.dump();
    return answer.statusCode === 200;
  }

  private at(path: string): URL {
    return new URL(path, this.base);
  }

  /** One request: authenticated when asked to be, redirected when told to. */
  private async call(call: Call, signal: AbortSignal): Promise<Answer> {
    const known = this.auth.headerFor(call.scope);
    let answer = await this.send(call, call.url, known, signal);
    if (answer.statusCode === 401) {
      const challenge = parseChallenge(answer.headers['www-authenticate']);
      await answer.body.dump();
      answer = await this.send(call, call.url, await this.auth.answer(challenge, call.scope, known, signal), signal);
      if (answer.statusCode === 401 || answer.statusCode === 403) {
        const error = await this.refusal(answer, `${call.method} ${call.url.pathname}`);
        this.auth.forget();
        throw error;
      }
    }
    let url = call.url;
    for (let hops = 0; [301, 302, 303, 307, 308].includes(answer.statusCode) && hops < MAX_REDIRECTS; hops += 1) {
      const location = headerOf(answer, 'location');
      if (location === undefined || (call.method !== 'GET' && call.method !== 'HEAD')) break;
      await answer.body.dump();
      const next = new URL(location, url);
      if (next.protocol !== 'https:' && next.host !== this.base.host) break;
      url = next;
      answer = await this.send(call, url, this.auth.headerFor(call.scope), signal);
    }
    return answer;
  }

  private async send(call: Call, url: URL, authorization: string | undefined, signal: AbortSignal): Promise<Answer> {
    const headers: Record<string, string> = { 'user-agent': 'aws-deployer', ...call.headers };
    // The credential belongs to the registry: a store or an upload address elsewhere carries its own in the URL.
    if (authorization !== undefined && url.host === this.base.host) headers['authorization'] = authorization;
    try {
      return await request(url, {
        method: call.method,
        headers,
        body: call.body?.() ?? null,
        signal,
        headersTimeout: call.body === undefined ? 30_000 : 300_000,
        bodyTimeout: 30_000,
      });
    } catch (cause) {
      if (signal.aborted) throw cause;
      throw new AppError(
        'unavailable',
        'registry_unreachable',
        `The registry ${this.host} cannot be reached: ${messageOf(cause)}`,
        { cause },
      );
    }
  }

  private notFound(repository: string, reference: string): AppError {
    return new AppError('invalid', 'image_not_found', `${this.host} has no image ${repository} with ${reference}`);
  }

  /** The registry's own words about a request it did not take. */
  private async refusal(answer: Answer, what: string): Promise<AppError> {
    const text = (await answer.body.text()).slice(0, 500);
    const words = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text;
    const status = answer.statusCode;
    const said = `${this.host} answered ${String(status)} to ${what}${words === '' ? '' : `: ${words}`}`;
    if (status === 401 || status === 403) return imageAuthFailed(this.host, said);
    return new AppError('unavailable', 'registry_refused', said);
  }
}

function headerOf(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
const mediaTypeOf = (answer: Answer): string => (headerOf(answer, 'content-type') ?? '').split(';')[0]?.trim() ?? '';

async function readAtMost(stream: Readable, limit: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit)
      throw new AppError('unavailable', 'registry_answer_invalid', `${what} is larger than ${String(limit)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
