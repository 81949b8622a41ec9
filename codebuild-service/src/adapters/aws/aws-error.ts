/**
 * A failed call to AWS in the platform's words: a code, a sentence that names the service, what AWS said and its request id,
 * and what to do about it. Never a key or a token: what AWS says about signatures holds what was signed and is left out. Pure.
 */
import { AppError, type AppErrorOptions, type ErrorKind } from '@aws-deployer/platform/errors/app-error';
import { maskText } from '@aws-deployer/platform/masking/mask';
import type { AwsFailure, FailureClass } from './aws-failure.js';

/** Which call it was. */
export interface CallPlace {
  /** `ECR` */
  readonly service: string;
  readonly region: string;
  /** Name of the cloud account; null for keys that came with one request. */
  readonly account: string | null;
}

const KINDS: Readonly<Record<FailureClass, readonly [ErrorKind, string]>> = {
  denied: ['forbidden', 'aws_access_denied'],
  credentials_invalid: ['invalid', 'aws_credentials_invalid'],
  credentials_expired: ['invalid', 'aws_credentials_expired'],
  credentials_missing: ['invalid', 'aws_credentials_missing'],
  clock_skew: ['unavailable', 'aws_clock_skew'],
  wrong_region: ['invalid', 'aws_wrong_region'],
  throttled: ['rate_limited', 'aws_throttled'],
  account_limit: ['rate_limited', 'account_limit'],
  quota: ['conflict', 'aws_limit'],
  not_found: ['not_found', 'aws_not_found'],
  conflict: ['conflict', 'aws_conflict'],
  invalid: ['invalid', 'aws_invalid'],
  timed_out: ['unavailable', 'aws_unreachable'],
  unreachable: ['unavailable', 'aws_unreachable'],
  untrusted: ['unavailable', 'aws_untrusted'],
  no_answer: ['unavailable', 'aws_failed'],
  broken: ['unavailable', 'aws_failed'],
};
const UNTOLD: ReadonlySet<FailureClass> = new Set(['credentials_invalid', 'clock_skew']);
const WAIT_SECONDS = 5;

/** `cause` goes along where it cannot hold what was signed. */
export function awsError(failure: AwsFailure, place: CallPlace, cause?: unknown): AppError {
  const [kind, code] = KINDS[failure.class];
  const { what, mend, field } = wordsOf(failure, place);
  const id = failure.requestId === null ? '' : ` (AWS request id ${failure.requestId})`;
  const where = `AWS ${place.service} in ${place.region}`;
  const said = maskText(`${where} ${what}`);
  const options: AppErrorOptions = {
    ...(UNTOLD.has(failure.class) ? {} : { cause }),
    ...(kind === 'rate_limited' || kind === 'unavailable'
      ? { retryAfterSeconds: failure.retryAfterSeconds ?? WAIT_SECONDS }
      : {}),
    ...(field === undefined || mend === undefined ? {} : { fields: [{ field, message: maskText(what), mend }] }),
  };
  return new AppError(kind, code, `${said}${mend === undefined ? '' : `: ${mend}`}${id}`, options);
}

/** The circuit of a service is open: nothing was sent. */
export const circuitOpen = (place: CallPlace): AppError =>
  new AppError(
    'unavailable',
    'aws_circuit_open',
    `AWS ${place.service} in ${place.region} has failed again and again; nothing is sent there for some seconds`,
    { retryAfterSeconds: WAIT_SECONDS },
  );

interface Words {
  readonly what: string;
  readonly mend?: string;
  readonly field?: string;
}

function wordsOf(failure: AwsFailure, { account, region }: CallPlace): Words {
  const said = `${failure.code === '' ? '' : `${failure.code}: `}${shortened(failure.message)}`;
  const who = account === null ? 'the keys of this request' : `the cloud account ${account}`;
  const field = account === null ? 'access_key' : 'account';
  switch (failure.class) {
    case 'denied':
      return { ...deniedWords(failure.message, who), field };
    case 'credentials_invalid':
      return {
        what: `does not take the credential of ${who} (${failure.code})`,
        mend: 'enter the keys again; a region that must be opted in to refuses good ones as well',
        field,
      };
    case 'credentials_expired':
      return { what: `says that the credential of ${who} has expired`, mend: 'enter new keys', field };
    case 'credentials_missing':
      return {
        what: `was not called: the process finds no identity for ${who}`,
        mend: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role of the pod or instance',
        field,
      };
    case 'clock_skew':
      return { what: 'does not take the time of this machine', mend: 'set its clock (NTP)' };
    case 'wrong_region':
      return {
        what: `cannot be used: ${said}`,
        mend: `check the region ${region}, or opt in to it for this account`,
        field: 'region',
      };
    case 'throttled':
      return { what: 'is asked too often by this account and keeps us waiting', mend: 'try again in a moment' };
    case 'account_limit':
      return { what: 'runs as many builds as this account may', mend: 'the build waits for its turn' };
    case 'quota':
      return { what: `refused: ${said}`, mend: 'remove what is not used, or have the quota raised at Service Quotas' };
    case 'not_found':
    case 'conflict':
    case 'invalid':
      return { what: `refused: ${said}` };
    case 'timed_out':
      return { what: `does not answer (${failure.message})`, mend: 'try again; check the way out of this network' };
    case 'unreachable':
      return unreachableWords(failure, region);
    case 'untrusted':
      return {
        what: `shows a certificate that is not trusted here (${failure.code})`,
        mend: 'name the certificate authority of the proxy by NODE_EXTRA_CA_CERTS',
      };
    case 'no_answer':
      return {
        what: `answered ${failure.status ?? ''} with a web page`,
        mend: 'what stands at AWS_ENDPOINT_URL does not know this operation, or a proxy is in the way',
      };
    case 'broken':
      return { what: `failed with ${failure.status ?? 'an error'} (${said})`, mend: 'try again in a moment' };
  }
}

/** `User: … is not authorized to perform: ecr:CreateRepository on resource: arn:… because no identity-based policy …` */
function deniedWords(message: string, who: string): Words {
  const action = /not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)/i.exec(message)?.[1];
  const resource = /on resource:? "?([^\s"]+)/i.exec(message)?.[1];
  const explicit = /explicit deny/i.test(message);
  if (action === undefined)
    return { what: `denies access to ${who}`, mend: 'the check of the cloud account says which permission is missing' };
  const what = `denies ${action} to ${who}${resource === undefined ? '' : ` on ${resource}`}`;
  return {
    what: explicit ? `${what} by an explicit deny` : what,
    mend: explicit
      ? `a policy denies ${action} by name: change that policy, allowing it elsewhere does not help`
      : `allow ${action}; the check of the cloud account prints the least policy`,
  };
}

function unreachableWords({ code, host, message }: AwsFailure, region: string): Words {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      what: `has no address here: ${host ?? 'its name'} does not resolve`,
      mend: `check the region ${region}, the name service and the way out of this network`,
      field: 'region',
    };
  return { what: `cannot be reached (${message})`, mend: 'try again; check the way out of this network' };
}

/** EC2 appends a sealed text of a kilobyte that nobody reads here. */
const shortened = (message: string): string =>
  message.replace(/ ?Encoded authorization failure message: \S+/, '').slice(0, 1_000);
