/**
 * What a request says, read and checked: names, digests, ranges, pages, small bodies. Each throws the DistributionError
 * that clients of the distribution API expect.
 */
import type { IncomingMessage } from 'node:http';
import { sha256Digest } from '@aws-deployer/platform/oci/image-manifest';
import { DIGEST, REPOSITORY } from '@aws-deployer/platform/oci/image-reference';
import { DistributionError } from './distribution-error.js';

export function requireRepository(name: string): void {
  if (!REPOSITORY.test(name) || name.length > 255)
    throw new DistributionError('NAME_INVALID', 'A repository is lower-case letters, digits, and . _ - / between');
}
export function requireDigest(digest: string | undefined): string {
  if (digest === undefined || !DIGEST.test(digest))
    throw new DistributionError('DIGEST_INVALID', 'A digest is sha256: and 64 hex digits');
  return digest;
}
export function requireSame(reference: string, bytes: Buffer): void {
  const actual = sha256Digest(bytes);
  if (actual !== reference)
    throw new DistributionError('DIGEST_INVALID', `The manifest has the digest ${actual}, not ${reference}`);
}
export const unsupported = (req: IncomingMessage): DistributionError =>
  new DistributionError('UNSUPPORTED', `${req.method ?? ''} is not done here`);

export function parseJson(bytes: Buffer): object {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof json === 'object' && json !== null) return json;
  } catch (cause) {
    const error = new DistributionError('MANIFEST_INVALID', 'A manifest is a JSON object');
    error.cause = cause;
    throw error;
  }
  throw new DistributionError('MANIFEST_INVALID', 'A manifest is a JSON object');
}
export async function bodyOf(req: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new DistributionError('SIZE_INVALID', `A manifest is at most ${String(limit)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** `Content-Range: 0-99` of a chunk: where it starts. Docker sends none for a streamed upload. */
export function contentStart(req: IncomingMessage): number | undefined {
  const header = req.headers['content-range'];
  if (header === undefined) return undefined;
  const start = /^(?:bytes )?(\d+)-\d+/.exec(header)?.[1];
  if (start === undefined) throw new DistributionError('RANGE_INVALID', `Content-Range '${header}' is not a range`);
  return Number(start);
}
/** One `bytes=` range; undefined: all. Throws RANGE_INVALID when it lies outside. */
export function rangeAsked(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (match === null || (from === '' && to === '')) return undefined; // several ranges: a server may answer all
  const start = from === '' ? Math.max(size - Number(to), 0) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size || end < start)
    throw new DistributionError('RANGE_INVALID', `The blob has ${String(size)} bytes`, {
      'content-range': `bytes */${String(size)}`,
    });
  return { start, end };
}

export interface ListPage {
  readonly items: readonly string[];
  readonly next: string | undefined;
  readonly limit: number | undefined;
}
export function pageOf(all: readonly string[], url: URL): ListPage {
  const n = url.searchParams.get('n');
  const limit = n !== null && /^\d{1,6}$/.test(n) ? Number(n) : undefined;
  const last = url.searchParams.get('last');
  const rest = last === null ? all : all.filter((item) => item > last);
  const items = limit === undefined ? rest : rest.slice(0, limit);
  return { items, limit, next: items.length < rest.length ? items.at(-1) : undefined };
}
export const linkTo = (url: URL, page: ListPage): Record<string, string> =>
  page.next === undefined
    ? {}
    : { link: `<${url.pathname}?n=${String(page.limit)}&last=${encodeURIComponent(page.next)}>; rel="next"` };
