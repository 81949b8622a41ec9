/** ECR: repositories of container images. */
import { z } from 'zod';
import { page, part } from '../console-link.js';
import { operation } from '../operation.js';
import { ImageDigest, RepositoryName } from '../parameters.js';

const Tag = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, 'must be an image tag');
const repositoryPage = ({ parameters: { repository_name } }: { parameters: { repository_name: string } }) =>
  page(`ecr/private-registry/repositories/${part(repository_name)}`);
const repositoriesPage = () => page('ecr/private-registry/repositories');

export const describeRepositories = operation({
  name: 'ecr.describe_repositories',
  title: 'List ECR repositories',
  description:
    'Repositories of container images with their addresses and whether tags can be moved and pushes are scanned.',
  effect: 'read',
  parameters: z.strictObject({ repository_name: RepositoryName.optional() }),
  permissions: ['ecr:DescribeRepositories'],
  columns: ['repository_name', 'uri', 'tag_mutability', 'scan_on_push', 'created_at'],
  paged: true,
  console: repositoriesPage,
  phrases: [
    'list ecr repositories',
    'show container registries',
    'which docker repositories exist',
    'image repositories',
  ],
});
export const describeEcrImages = operation({
  name: 'ecr.describe_images',
  title: 'List images of an ECR repository',
  description: 'Images with tags, digest, size and time of the push.',
  effect: 'read',
  parameters: z.strictObject({ repository_name: RepositoryName }),
  permissions: ['ecr:DescribeImages'],
  columns: ['digest', 'tags', 'size_bytes', 'pushed_at', 'pulled_at', 'scan_status'],
  paged: true,
  console: repositoryPage,
  phrases: [
    'list images in ecr repository',
    'show container images',
    'which tags are in the repository',
    'docker images of repository',
  ],
});
export const describeImageScanFindings = operation({
  name: 'ecr.describe_image_scan_findings',
  title: 'Scan findings of an ECR image',
  description: 'Known vulnerabilities that the scan of an image found.',
  effect: 'read',
  parameters: z.strictObject({ repository_name: RepositoryName, image_tag: Tag.default('latest') }),
  permissions: ['ecr:DescribeImageScanFindings'],
  columns: ['finding', 'severity', 'package', 'version', 'uri', 'description'],
  paged: true,
  console: repositoryPage,
  phrases: [
    'vulnerabilities of the image',
    'scan findings of ecr image',
    'cves in repository',
    'security scan of container image',
  ],
});
export const createRepository = operation({
  name: 'ecr.create_repository',
  title: 'Create an ECR repository',
  description: 'Makes a repository for container images that scans each push.',
  effect: 'change',
  parameters: z.strictObject({
    repository_name: RepositoryName,
    image_tag_mutability: z.enum(['MUTABLE', 'IMMUTABLE']).default('MUTABLE'),
  }),
  permissions: ['ecr:CreateRepository'],
  columns: ['repository_name', 'uri', 'arn'],
  paged: false,
  console: repositoryPage,
  phrases: ['create ecr repository', 'make a new container registry', 'add docker repository'],
  summary: ({ repository_name }) => `Create the ECR repository ${repository_name}`,
});
export const batchDeleteImage = operation({
  name: 'ecr.batch_delete_image',
  title: 'Delete an ECR image',
  description: 'Deletes one image by its tag or digest; by a digest all of its tags go too.',
  effect: 'destroy',
  parameters: z
    .strictObject({ repository_name: RepositoryName, image_tag: Tag.optional(), image_digest: ImageDigest.optional() })
    .superRefine(({ image_tag, image_digest }, context) => {
      if ((image_tag === undefined) === (image_digest === undefined))
        context.addIssue({
          code: 'custom',
          path: ['image_tag'],
          message: 'or image_digest must say which image, one of the two',
          params: { mend: 'give image_tag, or image_digest' },
        });
    }),
  permissions: ['ecr:BatchDeleteImage'],
  columns: ['repository_name', 'tag', 'digest'],
  paged: false,
  console: repositoryPage,
  phrases: ['delete ecr image', 'remove container image from repository', 'delete tag from ecr', 'delete docker image'],
  summary: ({ repository_name, image_tag, image_digest }) =>
    `Delete the image ${image_tag === undefined ? `with the digest ${image_digest}` : `tagged ${image_tag}`} from the ECR repository ${repository_name}`,
});
export const deleteRepository = operation({
  name: 'ecr.delete_repository',
  title: 'Delete an ECR repository',
  description: 'Deletes an empty repository; AWS refuses one that still holds images.',
  effect: 'destroy',
  parameters: z.strictObject({ repository_name: RepositoryName }),
  permissions: ['ecr:DeleteRepository'],
  columns: ['repository_name', 'uri'],
  paged: false,
  console: repositoriesPage,
  phrases: ['delete ecr repository', 'remove the container registry', 'drop docker repository'],
  summary: ({ repository_name }) => `Delete the ECR repository ${repository_name}, if it is empty`,
});

export const ecrOperations = [
  describeRepositories,
  describeEcrImages,
  describeImageScanFindings,
  createRepository,
  batchDeleteImage,
  deleteRepository,
];
