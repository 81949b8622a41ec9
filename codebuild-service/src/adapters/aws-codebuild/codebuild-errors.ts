/** CodeBuild's refusals in the platform's words: the kind, the code, the field it is about, and the mend. Pure. */
import { AppError, type FieldProblem } from '@aws-deployer/platform/errors/app-error';

/** The name that AWS gave the error, however deep it lies under ours; undefined where AWS gave none. */
export function awsErrorName(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if ('$metadata' in at) return at.name;
  return undefined;
}
const awsMessage = (error: unknown): string => {
  for (let at = error; at instanceof Error; at = at.cause) if ('$metadata' in at) return at.message;
  return '';
};

/** Which setting CodeBuild complains of, told from its sentence; the first that fits. */
const FIELDS: readonly (FieldProblem & { readonly pattern: RegExp })[] = [
  {
    pattern: /sts:AssumeRole|service role/i,
    field: 'service_role',
    message: 'CodeBuild cannot work under it',
    mend: 'Let the role trust codebuild.amazonaws.com, or leave service_role out and the platform keeps one',
  },
  {
    pattern: /buildspec|build ?spec/i,
    field: 'buildspec',
    message: 'CodeBuild does not take it',
    mend: 'Give a buildspec of version 0.2 inline, or its path in the source',
  },
  {
    pattern: /badge/i,
    field: 'badge',
    message: 'CodeBuild has none for this source',
    mend: 'Leave badge out: s3 and projects without a source have none',
  },
  {
    pattern: /webhook|filter ?group|EVENT/,
    field: 'webhook',
    message: 'CodeBuild does not take it',
    mend: 'Check the filters, and that CodeBuild is connected with the repository (source.credential)',
  },
  {
    pattern: /vpc|subnet|security ?group/i,
    field: 'vpc',
    message: 'CodeBuild cannot use it',
    mend: 'Check that the subnets and security groups are of this VPC, and that the role may use network interfaces',
  },
  {
    pattern: /environment variable|environmentVariable/i,
    field: 'environment.variables',
    message: 'CodeBuild does not take them',
    mend: 'Names must be unique; SECRETS_MANAGER and PARAMETER_STORE need the name of what is stored',
  },
  {
    pattern: /image|compute ?type|environment type|privileged/i,
    field: 'environment',
    message: 'CodeBuild has no such combination of image, type and compute',
    mend: 'Choose an image and a compute of the same architecture; Lambda compute goes with Lambda environments',
  },
  {
    pattern: /artifact/i,
    field: 'artifacts',
    message: 'CodeBuild does not take them',
    mend: 'Check that the bucket exists in this account and region',
  },
  {
    pattern: /cache/i,
    field: 'cache',
    message: 'CodeBuild does not take it',
    mend: 'Give bucket/prefix for s3; docker_layer needs environment.privileged',
  },
  {
    pattern: /concurrent/i,
    field: 'concurrent_build_limit',
    message: 'CodeBuild does not take it',
    mend: "Choose no more than the account's own limit of concurrent builds",
  },
  {
    pattern: /log ?group|log ?stream|logs ?config/i,
    field: 'logs',
    message: 'CodeBuild does not take them',
    mend: 'Check the names of the log group and the bucket',
  },
  {
    pattern: /\btags?\b/i,
    field: 'tags',
    message: 'CodeBuild does not take them',
    mend: 'Keys must not begin with aws:',
  },
  {
    pattern: /source|location|repository|credential|token|oauth|connection/i,
    field: 'source',
    message: 'CodeBuild cannot use it',
    mend: 'Check type, location and credential: private repositories need a connection or a secret',
  },
];
const problemOf = (sentence: string, fallback: string): FieldProblem => {
  const found = FIELDS.find(({ pattern }) => pattern.test(sentence));
  return found === undefined
    ? { field: fallback, message: sentence, mend: 'Change it as CodeBuild says' }
    : { field: found.field, message: `${found.message}: ${sentence}`, mend: found.mend };
};

/** What was asked for: it decides what a refusal means. */
export type Asked = 'project' | 'start' | 'build';

/** Anything else than a refusal of CodeBuild passes unchanged. */
export function inOurWords(error: unknown, asked: Asked = 'project'): unknown {
  if (!(error instanceof AppError)) return error;
  const said = awsMessage(error);
  switch (awsErrorName(error)) {
    case 'ResourceAlreadyExistsException':
      return new AppError('conflict', 'project_exists', error.message, { cause: error });
    case 'ResourceNotFoundException':
      return notFound(error, asked);
    case 'AccountLimitExceededException':
      return asked === 'project'
        ? new AppError('conflict', 'project_limit', `${error.message}: the account has as many projects as it may`, {
            cause: error,
          })
        : new AppError('rate_limited', 'account_limit', error.message, { cause: error });
    case 'OAuthProviderException':
    case 'InvalidInputException':
      return new AppError('invalid', 'aws_invalid', error.message, {
        cause: error,
        fields: [problemOf(said, asked === 'project' ? 'project' : 'build')],
      });
    default:
      return error;
  }
}

function notFound(error: AppError, asked: Asked): AppError {
  if (asked !== 'start') return new AppError('not_found', `${asked}_not_found`, error.message, { cause: error });
  return new AppError('invalid', 'project_missing', error.message, {
    cause: error,
    fields: [
      {
        field: 'project',
        message: 'the account has it no longer',
        mend: 'Delete it here and create it again, or check the account and region of the project',
      },
    ],
  });
}

/** Runs `work` with its refusals in our words. */
export async function worded<Output>(work: Promise<Output>, asked?: Asked): Promise<Output> {
  try {
    return await work;
  } catch (error) {
    throw inOurWords(error, asked);
  }
}
