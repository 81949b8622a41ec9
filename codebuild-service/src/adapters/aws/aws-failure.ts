/**
 * What went wrong in a call to AWS, read from anything that an SDK client throws: one of few classes, by AWS's own error
 * code first and the HTTP status where the code is not known. Pure.
 */
export type FailureClass =
  | 'denied'
  | 'credentials_invalid'
  | 'credentials_expired'
  | 'credentials_missing'
  | 'clock_skew'
  | 'wrong_region'
  | 'throttled'
  | 'account_limit' // the account runs as many builds as it may
  | 'quota'
  | 'not_found'
  | 'conflict'
  | 'invalid'
  | 'timed_out'
  | 'unreachable'
  | 'untrusted' // the other side is not who it should be: TLS
  | 'no_answer' // a web page in place of an answer
  | 'broken'; // 5xx

export interface AwsFailure {
  readonly class: FailureClass;
  /** AWS's own code, or the one of the network; empty: neither. */
  readonly code: string;
  readonly status: number | null;
  readonly requestId: string | null;
  /** As the other side put it. May hold what was signed: not shown for `credentials_invalid` and `clock_skew`. */
  readonly message: string;
  readonly host: string | null;
  readonly retryAfterSeconds: number | null;
}

/** Thrown in place of the abort when one attempt has used up its time. */
export class AttemptTimeout extends Error {
  override readonly name = 'AttemptTimeout';
  constructor(readonly seconds: number) {
    super(`no answer within ${seconds} s`);
  }
}

/** The order counts: the first that matches is it. */
const BY_CODE: readonly (readonly [RegExp, FailureClass])[] = [
  [/^AccountLimitExceeded/, 'account_limit'],
  [
    /^(Throttl|RequestThrottled|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete|EC2Throttled|BandwidthLimitExceeded|ProvisionedThroughputExceeded|TransactionInProgress)/,
    'throttled',
  ],
  [/^(RequestTimeTooSkewed|RequestInTheFuture|InvalidSignatureAge|AccessDeniedClockSkew)/, 'clock_skew'],
  [/^(ExpiredToken|RequestExpired|TokenRefreshRequired|ExpiredTokenException)/, 'credentials_expired'],
  [/^CredentialsProviderError|^TokenProviderError/, 'credentials_missing'],
  [
    /^(InvalidClientTokenId|UnrecognizedClient|InvalidAccessKeyId|AuthFailure|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|MissingAuthenticationToken|NotSignedUp|AccountSuspended)/,
    'credentials_invalid',
  ],
  [
    /^(OptInRequired|RegionDisabled|PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraint|EndpointError|UnknownEndpoint|InvalidRegion)/,
    'wrong_region',
  ],
  [/^(AccessDenied|UnauthorizedOperation|UnauthorizedAccess|AuthorizationError|NotAuthorized|Forbidden)/, 'denied'],
  [/(LimitExceeded|QuotaExceeded|TooManyBuckets|LimitExceededException|LimitExceededFault)/, 'quota'],
  [/(NotFound|NoSuch|DoesNotExist|Unknown(Stack|Instance))/, 'not_found'],
  [
    /(AlreadyExists|AlreadyOwnedByYou|Conflict|InUse|NotEmpty|DependencyViolation|ConcurrentModification|OperationAborted|IncorrectState|IncorrectInstanceState|InvalidState|DuplicateRequest|\.Duplicate)/,
    'conflict',
  ],
  [/^(InternalFailure|InternalError|InternalServer|ServiceUnavailable|ServerException|ServiceException)/, 'broken'],
  [/^(RequestTimeout|RequestTimeoutException)$/, 'timed_out'],
];
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTFOUND|EAI_AGAIN|ERR_SOCKET_|HPE_|ERR_STREAM_PREMATURE_CLOSE)/;
const UNTRUSTED = /^(CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|EPROTO)/;

/** null: no failure of a call to AWS, but a fault of ours. */
export function readFailure(error: unknown): AwsFailure | null {
  if (!(error instanceof Error)) return null;
  const nothing = { status: null, requestId: null, host: null, retryAfterSeconds: null };
  if (error instanceof AttemptTimeout) return { ...nothing, class: 'timed_out', code: '', message: error.message };

  const metadata = recordIn(error, '$metadata');
  const response = recordIn(error, '$response');
  const headers = recordIn(response, 'headers') ?? {};
  const network = stringIn(error, 'code') ?? '';
  const status = numberIn(metadata, 'httpStatusCode') ?? numberIn(response, 'statusCode');
  const seen = {
    status,
    requestId:
      stringIn(metadata, 'requestId') ?? stringIn(headers, 'x-amz-request-id') ?? stringIn(error, 'RequestId') ?? null,
    message: error.message.split('\n')[0] || network,
    host: stringIn(error, 'hostname') ?? stringIn(error, 'address') ?? null,
    retryAfterSeconds: secondsOf(stringIn(headers, 'retry-after')),
  };
  if (UNREACHABLE.test(network)) return { ...seen, class: 'unreachable', code: network };
  if (UNTRUSTED.test(network)) return { ...seen, class: 'untrusted', code: network };
  if (error.name === 'TimeoutError' && status === null) return { ...seen, class: 'timed_out', code: error.name };
  if (/^Region (is missing|not accepted)|Invalid (Configuration: Missing )?Region/i.test(error.message))
    return { ...seen, class: 'wrong_region', code: error.name };

  const code = error.name;
  const page = /text\/html/i.test(stringIn(headers, 'content-type') ?? '');
  if (page && status !== null && ![502, 503, 504].includes(status))
    return { ...seen, class: 'no_answer', code: '', message: 'a web page in place of an answer' };
  const known = BY_CODE.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined) return { ...seen, class: mended(known, seen.message), code };
  if (status === null)
    return /^No value provided|^Invalid ARN/i.test(error.message) ? { ...seen, class: 'invalid', code } : null;
  const plain = stringIn(error, '$fault') === undefined && page ? 'the other side is down' : seen.message;
  return { ...seen, class: byStatus(status, seen.message), code, message: plain };
}

/** Some codes stand for two things, told apart by their words. */
function mended(known: FailureClass, message: string): FailureClass {
  if (known === 'credentials_invalid' && /signature (expired|not yet current)/i.test(message)) return 'clock_skew';
  return known;
}

function byStatus(status: number, message: string): FailureClass {
  if (status === 429) return 'throttled';
  if (status >= 500) return 'broken';
  if (status === 301 || status === 307) return 'wrong_region';
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'not_found';
  if (status === 409 || status === 412) return 'conflict';
  if (/\b(does not exist|not found)\b/i.test(message)) return 'not_found';
  return 'invalid';
}

/** Whether the same call may do better in a moment. */
export const isTransient = ({ class: kind, code }: AwsFailure): boolean =>
  kind === 'throttled' ||
  kind === 'broken' ||
  kind === 'timed_out' ||
  kind === 'clock_skew' || // the client has set its clock by the answer
  (kind === 'unreachable' && code !== 'ENOTFOUND');

/** Whether the service itself, or the way to it, is down. */
export const isOutage = ({ class: kind }: AwsFailure): boolean =>
  kind === 'broken' || kind === 'timed_out' || kind === 'unreachable';

type Loose = Readonly<Record<string, unknown>>;
function recordIn(thing: object | undefined, name: string): Loose | undefined {
  const value = thing === undefined ? undefined : (thing as Loose)[name];
  return typeof value === 'object' && value !== null ? (value as Loose) : undefined;
}
function stringIn(thing: object | undefined, name: string): string | undefined {
  const value = thing === undefined ? undefined : (thing as Loose)[name];
  return typeof value === 'string' ? value : undefined;
}
function numberIn(thing: object | undefined, name: string): number | null {
  const value = thing === undefined ? undefined : (thing as Loose)[name];
  return typeof value === 'number' ? value : null;
}
function secondsOf(text: string | undefined): number | null {
  const seconds = Number(text);
  return text !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.min(Math.ceil(seconds), 300) : null;
}
