/** Names of operations as people spell them: `DescribeInstances`, `describe_instances`, `ec2:DescribeInstances`. Pure. */
import { invalidField, type AppError } from '@aws-deployer/platform/errors/app-error';
import { OPERATIONS } from './catalogue/all.js';
import { serviceOf, type Operation } from './operation.js';

/** Services by the names that AWS and its tools give them; VPC is part of EC2 there. */
const SERVICE_NAMES: Readonly<Record<string, string>> = {
  vpc: 'ec2',
  cloudwatchlogs: 'logs',
  cloudwatch: 'logs',
  cfn: 'cloudformation',
  secretmanager: 'secretsmanager',
  secrets: 'secretsmanager',
  s3api: 's3',
};
/** What AWS calls otherwise, or calls so too. */
const ALSO_CALLED: Readonly<Record<string, string>> = {
  'cloudformation.liststacks': 'cloudformation.describe_stacks',
  's3.listobjectsv2': 's3.list_objects',
  's3.getobjectattributes': 's3.head_object',
  'ecr.listimages': 'ecr.describe_images',
  'ecr.deleteimage': 'ecr.batch_delete_image',
  'ecr.listrepositories': 'ecr.describe_repositories',
  'lambda.getfunction': 'lambda.get_function_configuration',
  'codebuild.getproject': 'codebuild.batch_get_projects',
  'ec2.listinstances': 'ec2.describe_instances',
  'rds.listdbinstances': 'rds.describe_db_instances',
  'sts.whoami': 'sts.get_caller_identity',
};
const letters = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
const inAws = (service: string): string => SERVICE_NAMES[service] ?? service;
const verbOf = ({ name }: Operation): string => letters(name.slice(name.indexOf('.') + 1));

/** Throws invalid/`operation_unknown` on `operation`, naming those that come nearest. */
export function operationCalled(text: string): Operation {
  const [before, after] = text.trim().split(/[.:/\s]+/, 2);
  const verb = letters(after ?? before ?? '');
  const service = after === undefined ? undefined : inAws(letters(before ?? ''));
  const also = Object.entries(ALSO_CALLED).filter(([name]) => {
    const [of, called] = name.split('.');
    return called === verb && (service === undefined || of === service);
  });
  const found = OPERATIONS.filter(
    (operation) =>
      (verbOf(operation) === verb && (service === undefined || inAws(serviceOf(operation)) === service)) ||
      also.some(([, name]) => name === operation.name),
  );
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  throw only === undefined ? unknown(text) : ambiguous(text, found);
}

const ambiguous = (text: string, found: readonly Operation[]): AppError =>
  invalidField(
    'operation',
    `${JSON.stringify(text)} is the name of several operations`,
    `say which: ${found.map(({ name }) => name).join(' or ')}`,
    'operation_ambiguous',
  );
const unknown = (text: string): AppError =>
  invalidField(
    'operation',
    `there is no operation ${JSON.stringify(text)}`,
    `use one of ${nearest(text)
      .map(({ name }) => name)
      .join(', ')}; GET /api/v1/aws/operations lists them all`,
    'operation_unknown',
  );

/** The five whose names share the most pairs of letters with the text. */
export function nearest(text: string): Operation[] {
  const asked = pairsOf(letters(text));
  const likeness = (operation: Operation): number =>
    Math.max(shared(asked, pairsOf(verbOf(operation))), shared(asked, pairsOf(letters(operation.name))));
  return OPERATIONS.map((operation) => ({ operation, like: likeness(operation) }))
    .sort((a, b) => b.like - a.like)
    .slice(0, 5)
    .map(({ operation }) => operation);
}
const pairsOf = (text: string): Set<string> =>
  new Set(Array.from({ length: Math.max(text.length - 1, 0) }, (_, start) => text.slice(start, start + 2)));
const shared = (a: ReadonlySet<string>, b: ReadonlySet<string>): number =>
  a.size + b.size === 0 ? 0 : (2 * [...a].filter((pair) => b.has(pair)).length) / (a.size + b.size);
