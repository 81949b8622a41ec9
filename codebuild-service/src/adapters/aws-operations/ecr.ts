/** ECR: repositories of container images. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import * as declared from '../../aws-operations/catalogue/ecr.js';
import { carriedOut } from './carry-out.js';

const sdk = () => import('@aws-sdk/client-ecr');

export const ecrCalls = [
  carriedOut(declared.describeRepositories, async (call, { repository_name }) => {
    const { DescribeRepositoriesCommand } = await sdk();
    const from = await call.send('ecr', (ecr, options) =>
      ecr.send(
        new DescribeRepositoriesCommand(
          repository_name === undefined
            ? { maxResults: call.pageSize(1, 1000), nextToken: call.token }
            : { repositoryNames: [repository_name] },
        ),
        options,
      ),
    );
    const rows = (from.repositories ?? []).map((repository) => ({
      repository_name: repository.repositoryName,
      uri: repository.repositoryUri,
      tag_mutability: repository.imageTagMutability,
      scan_on_push: repository.imageScanningConfiguration?.scanOnPush,
      created_at: repository.createdAt,
    }));
    return { rows, next: from.nextToken, from };
  }),
  carriedOut(declared.describeEcrImages, async (call, { repository_name }) => {
    const { DescribeImagesCommand } = await sdk();
    const from = await call.send('ecr', (ecr, options) =>
      ecr.send(
        new DescribeImagesCommand({
          repositoryName: repository_name,
          maxResults: call.pageSize(1, 1000),
          nextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.imageDetails ?? []).map((image) => ({
      digest: image.imageDigest,
      tags: image.imageTags ?? [],
      size_bytes: image.imageSizeInBytes,
      pushed_at: image.imagePushedAt,
      pulled_at: image.lastRecordedPullTime,
      scan_status: image.imageScanStatus?.status,
    }));
    return { rows, next: from.nextToken, from };
  }),
  carriedOut(declared.describeImageScanFindings, async (call, { repository_name, image_tag }) => {
    const { DescribeImageScanFindingsCommand } = await sdk();
    const from = await call.send('ecr', (ecr, options) =>
      ecr.send(
        new DescribeImageScanFindingsCommand({
          repositoryName: repository_name,
          imageId: { imageTag: image_tag },
          maxResults: call.pageSize(1, 1000),
          nextToken: call.token,
        }),
        options,
      ),
    );
    const rows = (from.imageScanFindings?.findings ?? []).map((finding) => {
      const attribute = (key: string) => finding.attributes?.find((one) => one.key === key)?.value;
      return {
        finding: finding.name,
        severity: finding.severity,
        package: attribute('package_name'),
        version: attribute('package_version'),
        uri: finding.uri,
        description: finding.description,
      };
    });
    return { rows, next: from.nextToken, from };
  }),
  carriedOut(declared.createRepository, async (call, { repository_name, image_tag_mutability }) => {
    const { CreateRepositoryCommand } = await sdk();
    const from = await call.send('ecr', (ecr, options) =>
      ecr.send(
        new CreateRepositoryCommand({
          repositoryName: repository_name,
          imageTagMutability: image_tag_mutability,
          imageScanningConfiguration: { scanOnPush: true },
        }),
        options,
      ),
    );
    const { repositoryName, repositoryUri, repositoryArn } = from.repository ?? {};
    return { rows: [{ repository_name: repositoryName, uri: repositoryUri, arn: repositoryArn }], from };
  }),
  carriedOut(declared.batchDeleteImage, async (call, { repository_name, image_tag, image_digest }) => {
    const { BatchDeleteImageCommand } = await sdk();
    const from = await call.send('ecr', (ecr, options) =>
      ecr.send(
        new BatchDeleteImageCommand({
          repositoryName: repository_name,
          imageIds: [{ imageTag: image_tag, imageDigest: image_digest }],
        }),
        options,
      ),
    );
    const failure = from.failures?.[0]; // a failed deletion answers 200 and says so inside
    if (failure !== undefined)
      throw new AppError(
        failure.failureCode === 'ImageNotFound' ? 'not_found' : 'conflict',
        'ecr_image_not_deleted',
        `ECR did not delete the image: ${failure.failureReason ?? failure.failureCode} (AWS request ${from.$metadata.requestId})`,
      );
    const rows = (from.imageIds ?? []).map(({ imageTag, imageDigest }) => ({
      repository_name,
      tag: imageTag,
      digest: imageDigest,
    }));
    return { rows, from };
  }),
  carriedOut(declared.deleteRepository, async (call, { repository_name }) => {
    const { DeleteRepositoryCommand } = await sdk();
    const from = await call.send('ecr', (ecr, options) =>
      ecr.send(new DeleteRepositoryCommand({ repositoryName: repository_name, force: false }), options),
    );
    return { rows: [{ repository_name, uri: from.repository?.repositoryUri }], from };
  }),
];
