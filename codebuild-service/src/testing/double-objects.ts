/** S3 of the stand-in, by REST in path style: GetObject (with ranges), HeadObject, PutObject, DeleteObject, ListObjectsV2. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

interface StoredObject {
  readonly bytes: () => Buffer | Promise<Buffer>;
  /** An artifact is there once its build has uploaded it. */
  readonly isThere: () => boolean;
}
const KEYS_A_PAGE = 1000;

export class DoubleObjects {
  /** `bucket/key` */
  private readonly objects = new Map<string, StoredObject>();

  put(bucketAndKey: string, bytes: StoredObject['bytes'], isThere: () => boolean = () => true): void {
    this.objects.set(bucketAndKey, { bytes, isThere });
  }

  async answer(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
    const path = decodeURIComponent(url.pathname.slice(1));
    const bucket = path.split('/')[0] ?? '';
    if (url.searchParams.get('list-type') === '2') return this.list(res, bucket, url.searchParams);
    if (req.method === 'PUT') {
      const bytes = await buffer(req);
      this.put(path, () => bytes);
      res.writeHead(200, { etag: '"1"' }).end();
      return;
    }
    if (req.method === 'DELETE') {
      this.objects.delete(path);
      res.writeHead(204).end();
      return;
    }
    const found = this.objects.get(path);
    if (found === undefined || !found.isThere()) {
      res.writeHead(404, { 'content-type': 'application/xml' });
      res.end(
        req.method === 'HEAD'
          ? undefined
          : `<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>`,
      );
      return;
    }
    const bytes = await found.bytes();
    const range = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
    const from = range === null ? 0 : Number(range[1]);
    const to = range?.[2] === undefined || range[2] === '' ? bytes.length : Number(range[2]) + 1;
    if (range !== null && from >= bytes.length) {
      res.writeHead(416, { 'content-type': 'application/xml' });
      res.end('<Error><Code>InvalidRange</Code><Message>The requested range is not satisfiable</Message></Error>');
      return;
    }
    const part = bytes.subarray(from, to);
    res.writeHead(range === null ? 200 : 206, {
      'content-length': part.length,
      'content-type': 'application/octet-stream',
      ...(range === null ? {} : { 'content-range': `bytes ${from}-${from + part.length - 1}/${bytes.length}` }),
    });
    res.end(req.method === 'HEAD' ? undefined : part);
  }

  private async list(res: ServerResponse, bucket: string, query: URLSearchParams): Promise<void> {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects]
      .filter(([path, { isThere }]) => path.startsWith(`${bucket}/`) && isThere())
      .map(([path]) => path.slice(bucket.length + 1))
      .filter((key) => key.startsWith(prefix) && key > after)
      .toSorted();
    const size = Math.min(Number(query.get('max-keys') ?? KEYS_A_PAGE), KEYS_A_PAGE);
    const shown = keys.slice(0, size);
    const contents = await Promise.all(
      shown.map(async (key) => {
        const bytes = await this.objects.get(`${bucket}/${key}`)?.bytes();
        return `<Contents><Key>${escaped(key)}</Key><Size>${bytes?.length ?? 0}</Size></Contents>`;
      }),
    );
    const more = keys.length > shown.length;
    res.writeHead(200, { 'content-type': 'application/xml' });
    res.end(
      `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>${bucket}</Name>` +
        `<IsTruncated>${more}</IsTruncated><KeyCount>${shown.length}</KeyCount>${contents.join('')}` +
        `${more ? `<NextContinuationToken>${escaped(shown.at(-1) ?? '')}</NextContinuationToken>` : ''}</ListBucketResult>`,
    );
  }
}
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
