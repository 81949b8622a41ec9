/** What CodeBuild offers as environments, in words. Held to the contract by types. */
import type { BuildEnvironment } from '@aws-deployer/platform/contracts/build-projects';

export const IMAGES = [
  'aws/codebuild/standard:7.0',
  'aws/codebuild/amazonlinux2-x86_64-standard:5.0',
  'aws/codebuild/amazonlinux2-aarch64-standard:3.0',
  'aws/codebuild/windows-base:2022-1.0',
] as const;

export const ENVIRONMENTS: readonly { value: BuildEnvironment['type']; label: string }[] = [
  { value: 'LINUX_CONTAINER', label: 'Linux' },
  { value: 'ARM_CONTAINER', label: 'Linux on ARM' },
  { value: 'LINUX_GPU_CONTAINER', label: 'Linux with GPU' },
  { value: 'LINUX_LAMBDA_CONTAINER', label: 'Lambda, Linux' },
  { value: 'ARM_LAMBDA_CONTAINER', label: 'Lambda, Linux on ARM' },
  { value: 'WINDOWS_SERVER_2019_CONTAINER', label: 'Windows Server 2019' },
  { value: 'WINDOWS_SERVER_2022_CONTAINER', label: 'Windows Server 2022' },
];

export const COMPUTES: readonly { value: BuildEnvironment['compute']; label: string }[] = [
  { value: 'BUILD_GENERAL1_SMALL', label: 'Small, 3–4 GB' },
  { value: 'BUILD_GENERAL1_MEDIUM', label: 'Medium, 7–8 GB' },
  { value: 'BUILD_GENERAL1_LARGE', label: 'Large, 15–16 GB' },
  { value: 'BUILD_GENERAL1_XLARGE', label: 'XLarge, 70–72 GB' },
  { value: 'BUILD_GENERAL1_2XLARGE', label: '2XLarge, 144–145 GB' },
  { value: 'BUILD_LAMBDA_1GB', label: 'Lambda, 1 GB' },
  { value: 'BUILD_LAMBDA_2GB', label: 'Lambda, 2 GB' },
  { value: 'BUILD_LAMBDA_4GB', label: 'Lambda, 4 GB' },
  { value: 'BUILD_LAMBDA_8GB', label: 'Lambda, 8 GB' },
  { value: 'BUILD_LAMBDA_10GB', label: 'Lambda, 10 GB' },
];
export const computeLabel = (compute: string): string =>
  COMPUTES.find(({ value }) => value === compute)?.label ?? compute;
export const environmentLabel = (type: string): string =>
  ENVIRONMENTS.find(({ value }) => value === type)?.label ?? type;
