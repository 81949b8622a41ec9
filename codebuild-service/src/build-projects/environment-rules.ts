/** What a build may run in: machine, rights, variables and network against one another and the account. Pure. */
import type { BuildEnvironment } from '@aws-deployer/platform/contracts/build-projects';
import type { FieldProblem } from '@aws-deployer/platform/errors/app-error';
import { maskText } from '@aws-deployer/platform/masking/mask';
import type { ProjectSettings } from '../ports/project-mirror.js';
import type { ProjectPlace } from './build-project-rules.js';

type EnvironmentType = BuildEnvironment['type'];
type Compute = BuildEnvironment['compute'];

const SIZES: readonly Compute[] = [
  'BUILD_GENERAL1_SMALL',
  'BUILD_GENERAL1_MEDIUM',
  'BUILD_GENERAL1_LARGE',
  'BUILD_GENERAL1_XLARGE',
  'BUILD_GENERAL1_2XLARGE',
];
const LAMBDA_SIZES: readonly Compute[] = [
  'BUILD_LAMBDA_1GB',
  'BUILD_LAMBDA_2GB',
  'BUILD_LAMBDA_4GB',
  'BUILD_LAMBDA_8GB',
  'BUILD_LAMBDA_10GB',
];
const SIZES_OF: Readonly<Record<EnvironmentType, readonly Compute[]>> = {
  LINUX_CONTAINER: SIZES,
  LINUX_GPU_CONTAINER: ['BUILD_GENERAL1_SMALL', 'BUILD_GENERAL1_LARGE'],
  ARM_CONTAINER: SIZES,
  WINDOWS_SERVER_2019_CONTAINER: ['BUILD_GENERAL1_MEDIUM', 'BUILD_GENERAL1_LARGE'],
  WINDOWS_SERVER_2022_CONTAINER: ['BUILD_GENERAL1_MEDIUM', 'BUILD_GENERAL1_LARGE', 'BUILD_GENERAL1_XLARGE'],
  LINUX_LAMBDA_CONTAINER: LAMBDA_SIZES,
  ARM_LAMBDA_CONTAINER: LAMBDA_SIZES,
};
const LOCAL_TYPES: readonly EnvironmentType[] = ['LINUX_CONTAINER', 'ARM_CONTAINER'];
const isLambda = (type: EnvironmentType): boolean => SIZES_OF[type] === LAMBDA_SIZES;

export function environmentProblems(settings: ProjectSettings, place: ProjectPlace): FieldProblem[] {
  return [...machineProblems(settings, place), ...variableProblems(settings.environment, place)];
}

function machineProblems({ environment, cache, vpc }: ProjectSettings, place: ProjectPlace): FieldProblem[] {
  const { type, compute, privileged } = environment;
  const problems: FieldProblem[] = [];
  const wrong = (field: string, message: string, mend: string) => problems.push({ field, message, mend });
  if (place.engine === 'local' && !LOCAL_TYPES.includes(type))
    wrong('environment.type', `${type} does not run on this machine`, 'use LINUX_CONTAINER, or an account of AWS');
  if (!SIZES_OF[type].includes(compute))
    wrong('environment.compute', `${compute} is no size of ${type}`, `use ${SIZES_OF[type].join(' or ')}`);
  if (privileged && (isLambda(type) || type.startsWith('WINDOWS')))
    wrong('environment.privileged', `${type} has no privileged mode`, 'set it to false, or use LINUX_CONTAINER');
  if (isLambda(type) && cache.type !== 'none')
    wrong('cache', `${type} keeps no cache`, 'set cache.type to none, or use LINUX_CONTAINER');
  if (isLambda(type) && vpc !== null) wrong('vpc', `${type} runs in no VPC`, 'set vpc to null, or use LINUX_CONTAINER');
  if (cache.type === 'local' && cache.modes.includes('docker_layer') && !privileged)
    wrong(
      'environment.privileged',
      'the cache of Docker layers needs a privileged build',
      'set it to true, or take docker_layer out of cache.modes',
    );
  return problems;
}

function variableProblems({ variables }: BuildEnvironment, place: ProjectPlace): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const seen = new Set<string>();
  variables.forEach(({ name, value, type }, index) => {
    const field = `environment.variables.${String(index)}`;
    const wrong = (part: string, message: string, mend: string) =>
      problems.push({ field: `${field}.${part}`, message, mend });
    if (seen.has(name)) wrong('name', `${name} is there twice`, 'keep one of the two');
    seen.add(name);
    if (name.startsWith('CODEBUILD_'))
      wrong('name', 'names that begin with CODEBUILD_ are kept for CodeBuild itself', 'give it another name');
    if (type !== 'PLAINTEXT') {
      if (value === '') wrong('value', `${name} names no secret`, 'give the name of the parameter or secret');
      if (place.engine === 'local')
        wrong(
          'type',
          `${type} is read from an AWS account, and this account is this machine`,
          'use PLAINTEXT, or an account of AWS',
        );
    } else if (place.engine === 'codebuild' && maskText(value) !== value)
      wrong(
        'value',
        `${name} looks like a credential, and plain variables are shown to whoever reads the project`,
        'keep it in Secrets Manager or Parameter Store and name it here with that type',
      );
  });
  return problems;
}
