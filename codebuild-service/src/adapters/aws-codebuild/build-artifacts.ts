/**
 * What a build has put into S3, as files. An artifact is a folder of objects, or one object; where that is a zip, its files are
 * listed and opened one by one, as if they lay there open.
 */
import type { Readable } from 'node:stream';
import type { Build } from '@aws-sdk/client-codebuild';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { ZipFile } from 'yauzl';
import type { AwsSession } from '../../ports/aws-session.js';
import type { EngineArtifact } from '../../ports/build-engine.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { awsErrorName } from './codebuild-errors.js';
import { entriesOf, openZip } from './s3-zip.js';

const FILES_MAX = 5_000;
const KEYS_A_PAGE = 1_000;

interface Place {
  readonly artifact: string;
  readonly bucket: string;
  readonly key: string;
}
export interface OpenedArtifact {
  readonly body: Readable;
  readonly sizeBytes: number | null;
}

export class BuildArtifacts {
  constructor(private readonly aws: AwsCaller) {}

  /** At most 5,000 files. */
  async list(session: AwsSession, build: Build, signal: AbortSignal): Promise<readonly EngineArtifact[]> {
    const files: EngineArtifact[] = [];
    for (const place of placesOf(build)) {
      const left = FILES_MAX - files.length;
      if (left <= 0) break;
      const sizeBytes = await this.sizeOf(session, place, signal);
      const found =
        sizeBytes === null
          ? await this.listFolder(session, place, left, signal)
          : await this.listObject(session, place, sizeBytes, left, signal);
      files.push(...found.map((file) => ({ artifact: place.artifact, ...file })));
    }
    return files;
  }

  /** Throws not_found/`artifact_not_found`. */
  async open(
    session: AwsSession,
    build: Build,
    artifact: string,
    path: string,
    signal: AbortSignal,
  ): Promise<OpenedArtifact> {
    const missing = new AppError(
      'not_found',
      'artifact_not_found',
      `The build has no file ${path} in artifact ${artifact}`,
    );
    const place = placesOf(build).find((candidate) => candidate.artifact === artifact);
    if (place === undefined) throw missing;
    const sizeBytes = await this.sizeOf(session, place, signal);
    if (sizeBytes !== null) {
      const zip = await this.zipAt(session, place, sizeBytes, signal);
      if (zip !== null) return openEntry(zip, path, missing);
      if (path !== nameOf(place.key)) throw missing;
      return this.openObject(session, place.bucket, place.key, missing, signal);
    }
    return this.openObject(session, place.bucket, `${place.key}/${path}`, missing, signal);
  }

  private async listObject(session: AwsSession, place: Place, sizeBytes: number, most: number, signal: AbortSignal) {
    const zip = await this.zipAt(session, place, sizeBytes, signal);
    if (zip === null) return [{ path: nameOf(place.key), sizeBytes }];
    const files: { path: string; sizeBytes: number }[] = [];
    try {
      for await (const entry of entriesOf(zip)) {
        files.push({ path: entry.fileName, sizeBytes: entry.uncompressedSize });
        if (files.length >= most) break;
      }
    } finally {
      zip.close();
    }
    return files;
  }

  private async listFolder(session: AwsSession, { bucket, key }: Place, most: number, signal: AbortSignal) {
    const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
    const prefix = key === '' ? '' : `${key}/`;
    return this.aws.call(
      session,
      's3',
      async (client, abortSignal) => {
        const files: { path: string; sizeBytes: number }[] = [];
        const query = { Bucket: bucket, Prefix: prefix, MaxKeys: KEYS_A_PAGE };
        for await (const { Contents } of paginateListObjectsV2({ client }, query, { abortSignal })) {
          for (const { Key = '', Size = 0 } of Contents ?? [])
            if (!Key.endsWith('/')) files.push({ path: Key.slice(prefix.length), sizeBytes: Size });
          if (files.length >= most) break;
        }
        return files.slice(0, most);
      },
      { signal },
    );
  }

  private zipAt(session: AwsSession, place: Place, sizeBytes: number, signal: AbortSignal): Promise<ZipFile | null> {
    return openZip(sizeBytes, async (from, to) => {
      const { body } = await this.get(session, place.bucket, place.key, signal, `bytes=${from}-${to - 1}`);
      return body;
    });
  }

  /** null: there is no object of this very key. */
  private async sizeOf(session: AwsSession, { bucket, key }: Place, signal: AbortSignal): Promise<number | null> {
    if (key === '') return null;
    const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new HeadObjectCommand({ Bucket: bucket, Key: key });
    try {
      const { ContentLength } = await this.aws.call(
        session,
        's3',
        (client, abortSignal) => client.send(command, { abortSignal }),
        { signal },
      );
      return ContentLength ?? 0;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  private async openObject(
    session: AwsSession,
    bucket: string,
    key: string,
    missing: AppError,
    signal: AbortSignal,
  ): Promise<OpenedArtifact> {
    try {
      return await this.get(session, bucket, key, signal);
    } catch (error) {
      throw isMissing(error) ? missing : error;
    }
  }
  private async get(session: AwsSession, bucket: string, key: string, signal: AbortSignal, range?: string) {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3');
    const command = new GetObjectCommand({
      Bucket: bucket,
      Key: key,
      ...(range === undefined ? {} : { Range: range }),
    });
    const { Body, ContentLength } = await this.aws.call(
      session,
      's3',
      (client, abortSignal) => client.send(command, { abortSignal }),
      { signal },
    );
    return { body: Body as Readable, sizeBytes: ContentLength ?? null };
  }
}

/** Where CodeBuild says that it has put them: `arn:aws:s3:::bucket/path/name`. */
function placesOf({ artifacts, secondaryArtifacts }: Build): Place[] {
  return [{ ...artifacts, artifactIdentifier: 'primary' }, ...(secondaryArtifacts ?? [])].flatMap((one) => {
    const [, bucket, key] = /:::([^/]+)\/?(.*)$/.exec(one.location ?? '') ?? [];
    if (bucket === undefined) return [];
    return [{ artifact: one.artifactIdentifier ?? 'secondary', bucket, key: (key ?? '').replace(/\/+$/, '') }];
  });
}
const nameOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
const isMissing = (error: unknown): boolean => ['NoSuchKey', 'NotFound'].includes(awsErrorName(error) ?? '');

async function openEntry(zip: ZipFile, path: string, missing: AppError): Promise<OpenedArtifact> {
  try {
    for await (const entry of entriesOf(zip)) {
      if (entry.fileName !== path) continue;
      const body = await zip.openReadStreamPromise(entry);
      body.once('close', () => zip.close());
      return { body, sizeBytes: entry.uncompressedSize };
    }
  } catch (error) {
    zip.close();
    throw error;
  }
  zip.close();
  throw missing;
}
