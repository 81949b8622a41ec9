/** Image repositories by ECR. Pages are followed to their end where the port asks for all. */
import type { DescribeImageScanFindingsResponse, ECRClient, ImageDetail, Repository } from '@aws-sdk/client-ecr';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { AwsSession } from '../../ports/aws-session.js';
import type {
  ImageRepositories,
  ImageRepository,
  ImageScan,
  NewRepository,
  RegistryToken,
  RepositoryImage,
} from '../../ports/image-repositories.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import { findingOf } from './ecr-findings.js';

const ecr = () => import('@aws-sdk/client-ecr');
/** Deleting says so where there is nothing to delete. */
const isNotFound = (error: unknown): boolean => error instanceof AppError && error.code === 'aws_not_found';
const MOST_FINDINGS = 1_000;
const LARGEST_PAGE = 1_000;

export class EcrRepositories implements ImageRepositories {
  constructor(private readonly aws: AwsCaller) {}

  async list(
    session: AwsSession,
    { limit, cursor }: { readonly limit: number; readonly cursor: string | undefined },
    signal: AbortSignal,
  ): Promise<{ items: ImageRepository[]; cursor: string | null }> {
    const { DescribeRepositoriesCommand } = await ecr();
    const asked = new DescribeRepositoriesCommand({
      maxResults: limit,
      ...(cursor === undefined ? {} : { nextToken: cursor }),
    });
    const page = await this.#ask(session, signal, (client, options) => client.send(asked, options));
    return { items: (page.repositories ?? []).map(toRepository), cursor: page.nextToken ?? null };
  }

  async get(session: AwsSession, name: string, signal: AbortSignal): Promise<ImageRepository> {
    const { DescribeRepositoriesCommand } = await ecr();
    const asked = new DescribeRepositoriesCommand({ repositoryNames: [name] });
    const { repositories } = await this.#ask(session, signal, (client, options) => client.send(asked, options));
    return toRepository(present(repositories?.[0], `the repository ${name}`));
  }

  async create(
    session: AwsSession,
    { name, scanOnPush, immutableTags }: NewRepository,
    signal: AbortSignal,
  ): Promise<ImageRepository> {
    const { CreateRepositoryCommand } = await ecr();
    const asked = new CreateRepositoryCommand({
      repositoryName: name,
      imageScanningConfiguration: { scanOnPush },
      imageTagMutability: immutableTags ? 'IMMUTABLE' : 'MUTABLE',
    });
    const { repository } = await this.#ask(session, signal, (client, options) => client.send(asked, options));
    return toRepository(present(repository, `the new repository ${name}`));
  }

  async remove(session: AwsSession, name: string, force: boolean, signal: AbortSignal): Promise<void> {
    const { DeleteRepositoryCommand } = await ecr();
    const asked = new DeleteRepositoryCommand({ repositoryName: name, force });
    await this.#ask(session, signal, (client, options) => client.send(asked, options));
  }

  async images(session: AwsSession, name: string, signal: AbortSignal): Promise<RepositoryImage[]> {
    const { DescribeImagesCommand } = await ecr();
    const images: RepositoryImage[] = [];
    for (let nextToken: string | undefined; ;) {
      const asked = new DescribeImagesCommand({
        repositoryName: name,
        maxResults: LARGEST_PAGE,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      const page = await this.#ask(session, signal, (client, options) => client.send(asked, options));
      images.push(...(page.imageDetails ?? []).map(toImage));
      nextToken = page.nextToken;
      if (nextToken === undefined) return images;
    }
  }

  async removeImages(
    session: AwsSession,
    name: string,
    digests: readonly string[],
    signal: AbortSignal,
  ): Promise<{ deleted: string[]; kept: { digest: string; reason: string }[] }> {
    const { BatchDeleteImageCommand } = await ecr();
    const asked = new BatchDeleteImageCommand({
      repositoryName: name,
      imageIds: digests.map((imageDigest) => ({ imageDigest })),
    });
    const { imageIds = [], failures = [] } = await this.#ask(session, signal, (client, options) =>
      client.send(asked, options),
    );
    const deleted = new Set(imageIds.flatMap(({ imageDigest }) => imageDigest ?? []));
    const kept = failures.flatMap(({ imageId, failureCode, failureReason }) =>
      imageId?.imageDigest === undefined
        ? []
        : [{ digest: imageId.imageDigest, reason: failureReason ?? failureCode ?? 'AWS did not say why' }],
    );
    return { deleted: digests.filter((digest) => deleted.has(digest)), kept };
  }

  async scan(session: AwsSession, name: string, digest: string, signal: AbortSignal): Promise<ImageScan> {
    const { DescribeImageScanFindingsCommand } = await ecr();
    let scan: ImageScan = { status: null, description: null, completedAt: null, bySeverity: {}, findings: [] };
    for (let nextToken: string | undefined; ;) {
      const asked = new DescribeImageScanFindingsCommand({
        repositoryName: name,
        imageId: { imageDigest: digest },
        maxResults: LARGEST_PAGE,
        ...(nextToken === undefined ? {} : { nextToken }),
      });
      try {
        const page = await this.#ask(session, signal, (client, options) => client.send(asked, options));
        scan = joined(scan, page);
        nextToken = page.nextToken;
      } catch (error) {
        if (causeName(error) === 'ScanNotFoundException') return scan;
        throw error;
      }
      if (nextToken === undefined || scan.findings.length >= MOST_FINDINGS) return scan;
    }
  }

  async startScan(session: AwsSession, name: string, digest: string, signal: AbortSignal): Promise<string> {
    const { StartImageScanCommand } = await ecr();
    const asked = new StartImageScanCommand({ repositoryName: name, imageId: { imageDigest: digest } });
    const { imageScanStatus } = await this.#ask(session, signal, (client, options) => client.send(asked, options));
    return imageScanStatus?.status ?? 'IN_PROGRESS';
  }

  async lifecycle(session: AwsSession, name: string, signal: AbortSignal): Promise<string | null> {
    const { GetLifecyclePolicyCommand } = await ecr();
    const asked = new GetLifecyclePolicyCommand({ repositoryName: name });
    try {
      const { lifecyclePolicyText } = await this.#ask(session, signal, (client, options) =>
        client.send(asked, options),
      );
      return lifecyclePolicyText ?? null;
    } catch (error) {
      if (causeName(error) === 'LifecyclePolicyNotFoundException') return null;
      throw error;
    }
  }

  async setLifecycle(session: AwsSession, name: string, text: string | null, signal: AbortSignal): Promise<void> {
    const { DeleteLifecyclePolicyCommand, PutLifecyclePolicyCommand } = await ecr();
    if (text !== null) {
      const asked = new PutLifecyclePolicyCommand({ repositoryName: name, lifecyclePolicyText: text });
      await this.#ask(session, signal, (client, options) => client.send(asked, options));
      return;
    }
    const asked = new DeleteLifecyclePolicyCommand({ repositoryName: name });
    await this.#ask(session, signal, (client, options) => client.send(asked, options)).catch((error: unknown) => {
      if (causeName(error) !== 'LifecyclePolicyNotFoundException') throw error;
    });
  }

  async token(session: AwsSession, signal: AbortSignal): Promise<RegistryToken> {
    const { GetAuthorizationTokenCommand } = await ecr();
    const { authorizationData } = await this.#ask(session, signal, (client, options) =>
      client.send(new GetAuthorizationTokenCommand({}), options),
    );
    const { authorizationToken, expiresAt } = present(authorizationData?.[0], 'a login');
    const [username = '', password] = Buffer.from(authorizationToken ?? '', 'base64')
      .toString()
      .split(':', 2);
    return { username, password: present(password, 'a login'), expiration: present(expiresAt, 'when it expires') };
  }

  #ask<Output>(
    session: AwsSession,
    signal: AbortSignal,
    work: (client: ECRClient, options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
  ): Promise<Output> {
    return this.aws.call(session, 'ecr', (client, abortSignal) => work(client, { abortSignal }), { signal });
  }
}

/** A code of AWS where ours are too few: what exactly was not found. */
const causeName = (error: unknown): string =>
  isNotFound(error) && error instanceof Error && error.cause instanceof Error ? error.cause.name : '';

function present<Value>(value: Value | undefined, what: string): Value {
  if (value !== undefined) return value;
  throw new AppError('unavailable', 'aws_failed', `AWS ECR answered without ${what}`);
}
const when = (date: Date | undefined): string | null => date?.toISOString() ?? null;

function toRepository(repository: Repository): ImageRepository {
  const name = present(repository.repositoryName, 'a name');
  return {
    name,
    uri: repository.repositoryUri ?? '',
    arn: repository.repositoryArn ?? '',
    registryId: repository.registryId ?? '',
    tagMutability: (repository.imageTagMutability ?? 'MUTABLE').toLowerCase(),
    scanOnPush: repository.imageScanningConfiguration?.scanOnPush ?? false,
    encryption: repository.encryptionConfiguration?.encryptionType ?? 'AES256',
    createdAt: when(repository.createdAt),
  };
}

function toImage(image: ImageDetail): RepositoryImage {
  return {
    digest: image.imageDigest ?? '',
    tags: [...(image.imageTags ?? [])].sort(),
    sizeBytes: image.imageSizeInBytes ?? null,
    pushedAt: when(image.imagePushedAt),
    lastPulledAt: when(image.lastRecordedPullTime),
    mediaType: image.artifactMediaType ?? image.imageManifestMediaType ?? null,
    scanStatus: image.imageScanStatus?.status?.toLowerCase() ?? null,
    findings: image.imageScanFindingsSummary?.findingSeverityCounts ?? null,
  };
}

function joined(scan: ImageScan, page: DescribeImageScanFindingsResponse): ImageScan {
  const { imageScanStatus, imageScanFindings: found } = page;
  return {
    status: imageScanStatus?.status?.toLowerCase() ?? scan.status,
    description: imageScanStatus?.description ?? scan.description,
    completedAt: when(found?.imageScanCompletedAt) ?? scan.completedAt,
    bySeverity: { ...scan.bySeverity, ...found?.findingSeverityCounts },
    findings: [
      ...scan.findings,
      ...[...(found?.findings ?? []), ...(found?.enhancedFindings ?? [])].map(findingOf),
    ].slice(0, MOST_FINDINGS),
  };
}
