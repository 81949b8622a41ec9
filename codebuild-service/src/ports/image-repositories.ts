/**
 * Image repositories in an AWS account. Throws AppError as every call to AWS: not_found/`aws_not_found` for a repository or
 * image that is not there, conflict/`aws_conflict`, forbidden/`aws_access_denied`.
 */
import type { AwsSession } from './aws-session.js';

export interface ImageRepository {
  readonly name: string;
  readonly uri: string;
  readonly arn: string;
  /** The number of the AWS account. */
  readonly registryId: string;
  readonly tagMutability: string;
  readonly scanOnPush: boolean;
  readonly encryption: string;
  readonly createdAt: string | null;
}
export interface RepositoryImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly sizeBytes: number | null;
  readonly pushedAt: string | null;
  readonly lastPulledAt: string | null;
  readonly mediaType: string | null;
  readonly scanStatus: string | null;
  readonly findings: Readonly<Record<string, number>> | null;
}
export interface ImageFinding {
  readonly name: string;
  readonly severity: string;
  readonly package: string | null;
  readonly description: string | null;
  readonly uri: string | null;
}
export interface ImageScan {
  /** null: never scanned. */
  readonly status: string | null;
  readonly description: string | null;
  readonly completedAt: string | null;
  readonly bySeverity: Readonly<Record<string, number>>;
  readonly findings: readonly ImageFinding[];
}
export interface NewRepository {
  readonly name: string;
  readonly scanOnPush: boolean;
  readonly immutableTags: boolean;
}
export interface RegistryToken {
  readonly username: string;
  readonly password: string;
  readonly expiration: Date;
}

export interface ImageRepositories {
  /** `cursor`: AWS's own. */
  list(
    session: AwsSession,
    page: { readonly limit: number; readonly cursor: string | undefined },
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly ImageRepository[]; readonly cursor: string | null }>;
  get(session: AwsSession, name: string, signal: AbortSignal): Promise<ImageRepository>;
  create(session: AwsSession, repository: NewRepository, signal: AbortSignal): Promise<ImageRepository>;
  /** With all its images where `force` is set, else only an empty one. */
  remove(session: AwsSession, name: string, force: boolean, signal: AbortSignal): Promise<void>;
  /** All of them, in no order: AWS has none. */
  images(session: AwsSession, name: string, signal: AbortSignal): Promise<readonly RepositoryImage[]>;
  /** AWS says image by image what it did not delete, and why. */
  removeImages(
    session: AwsSession,
    name: string,
    digests: readonly string[],
    signal: AbortSignal,
  ): Promise<{ readonly deleted: readonly string[]; readonly kept: readonly { digest: string; reason: string }[] }>;
  scan(session: AwsSession, name: string, digest: string, signal: AbortSignal): Promise<ImageScan>;
  /** Its status. */
  startScan(session: AwsSession, name: string, digest: string, signal: AbortSignal): Promise<string>;
  /** null: none. */
  lifecycle(session: AwsSession, name: string, signal: AbortSignal): Promise<string | null>;
  /** null removes it. */
  setLifecycle(session: AwsSession, name: string, text: string | null, signal: AbortSignal): Promise<void>;
  /** What every registry that the identity may use takes as a login. */
  token(session: AwsSession, signal: AbortSignal): Promise<RegistryToken>;
}
