/** A zip in S3, read where it lies: its list of files and single files come by ranges, the whole is never fetched. */
import { PassThrough, type Readable } from 'node:stream';
import yauzl, { type Entry, type ZipFile } from 'yauzl';

/** Opens bytes `from` (inclusive) to `to` (exclusive) of the object. */
export type OpenRange = (from: number, to: number) => Promise<Readable>;

class RangeReader extends yauzl.RandomAccessReader {
  constructor(private readonly open: OpenRange) {
    super();
  }
  override _readStreamForRange(from: number, to: number): Readable {
    const through = new PassThrough();
    this.open(from, to).then(
      (body) => {
        body.once('error', (error) => through.destroy(error));
        through.once('close', () => body.destroy());
        body.pipe(through);
      },
      (error: unknown) => through.destroy(error as Error),
    );
    return through;
  }
}

/** null: the object is no zip. Close it when done; a stream that is still read stays open. */
export async function openZip(sizeBytes: number, open: OpenRange): Promise<ZipFile | null> {
  const options = { lazyEntries: true, autoClose: false };
  try {
    return await yauzl.fromRandomAccessReaderPromise(new RangeReader(open), sizeBytes, options);
  } catch (error) {
    if (error instanceof Error && /end of central directory record/i.test(error.message)) return null;
    throw error;
  }
}

/** Files only, in their order in the zip. */
export async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) yield entry;
}
