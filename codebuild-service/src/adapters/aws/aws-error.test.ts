/** Every kind of failure of AWS as a problem a person can act on. */
import { expect, test } from 'vitest';
import { awsError, type CallPlace } from './aws-error.js';
import { AttemptTimeout, isOutage, isTransient, readFailure } from './aws-failure.js';

const PLACE: CallPlace = { service: 'ECR', region: 'eu-central-1', account: 'prod' };
interface Thrown {
  readonly name: string;
  readonly message?: string;
  readonly status?: number;
  readonly more?: object;
}
const thrown = ({ name, message = 'words of AWS', status = 400, more = {} }: Thrown): Error =>
  Object.assign(new Error(message), {
    name,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status, requestId: 'req-1' },
    ...more,
  });
const network = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`connect ${code}`), { code, ...more });
function told(error: unknown, place = PLACE) {
  const failure = readFailure(error);
  if (failure === null) throw new Error('is taken for none of AWS');
  return awsError(failure, place, error);
}

test.each([
  ['AccessDeniedException', 400, 'forbidden', 'aws_access_denied'],
  ['AccessDenied', 403, 'forbidden', 'aws_access_denied'],
  ['UnauthorizedOperation', 403, 'forbidden', 'aws_access_denied'],
  ['UnrecognizedClientException', 400, 'invalid', 'aws_credentials_invalid'],
  ['InvalidClientTokenId', 403, 'invalid', 'aws_credentials_invalid'],
  ['AuthFailure', 401, 'invalid', 'aws_credentials_invalid'],
  ['ExpiredTokenException', 400, 'invalid', 'aws_credentials_expired'],
  ['ExpiredToken', 403, 'invalid', 'aws_credentials_expired'],
  ['RequestTimeTooSkewed', 403, 'unavailable', 'aws_clock_skew'],
  ['OptInRequired', 403, 'invalid', 'aws_wrong_region'],
  ['PermanentRedirect', 301, 'invalid', 'aws_wrong_region'],
  ['ThrottlingException', 400, 'rate_limited', 'aws_throttled'],
  ['RequestLimitExceeded', 503, 'rate_limited', 'aws_throttled'],
  ['TooManyRequestsException', 429, 'rate_limited', 'aws_throttled'],
  ['SlowDown', 503, 'rate_limited', 'aws_throttled'],
  ['AccountLimitExceededException', 400, 'rate_limited', 'account_limit'],
  ['ServiceQuotaExceededException', 402, 'conflict', 'aws_limit'],
  ['LimitExceededException', 400, 'conflict', 'aws_limit'],
  ['InstanceLimitExceeded', 400, 'conflict', 'aws_limit'],
  ['RepositoryNotFoundException', 400, 'not_found', 'aws_not_found'],
  ['NoSuchBucket', 404, 'not_found', 'aws_not_found'],
  ['InvalidInstanceID.NotFound', 400, 'not_found', 'aws_not_found'],
  ['RepositoryAlreadyExistsException', 400, 'conflict', 'aws_conflict'],
  ['BucketNotEmpty', 409, 'conflict', 'aws_conflict'],
  ['DependencyViolation', 400, 'conflict', 'aws_conflict'],
  ['ValidationException', 400, 'invalid', 'aws_invalid'],
  ['InvalidInputException', 400, 'invalid', 'aws_invalid'],
  ['InternalServerException', 500, 'unavailable', 'aws_failed'],
  ['Unknown', 503, 'unavailable', 'aws_failed'],
])('%s (%i) is %s/%s, with the request id', (name, status, kind, code) => {
  expect(told(thrown({ name, status }))).toMatchObject({
    kind,
    code,
    message: expect.stringMatching(/^AWS ECR in eu-central-1 .*\(AWS request id req-1\)$/) as unknown,
  });
});

test('a denied call names the permission that is missing and the mend', () => {
  const message =
    'User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:eu-central-1:123456789012:repository/shop because no identity-based policy allows the ecr:CreateRepository action';
  const error = told(thrown({ name: 'AccessDeniedException', message }));
  expect(error.message).toContain('denies ecr:CreateRepository to the cloud account prod on arn:aws:ecr:');
  expect(error.fields).toMatchObject([
    { field: 'account', mend: expect.stringContaining('allow ecr:CreateRepository') as unknown },
  ]);
  const denied = told(
    thrown({
      name: 'AccessDenied',
      message: message.replace('no identity-based policy allows', 'of an explicit deny in'),
    }),
  );
  expect(denied.fields[0]?.mend).toContain('change that policy');
  expect(
    told(
      thrown({
        name: 'UnauthorizedOperation',
        message: 'You are not authorized. Encoded authorization failure message: AbCdEf',
      }),
    ).message,
  ).not.toContain('AbCdEf');
  expect(told(thrown({ name: 'AccessDenied' }), { ...PLACE, account: null }).fields[0]?.field).toBe('access_key');
});

test('nothing that was signed, no key and no token comes out', () => {
  const message =
    "The request signature we calculated does not match. The Canonical String for this request should have been 'POST\nx-amz-security-token:FwoGZXIvYXdzEXAMPLETOKEN'";
  const texts = [
    thrown({ name: 'SignatureDoesNotMatch', message, status: 403 }),
    thrown({ name: 'InvalidSignatureException', message: 'Signature expired: 2026 is now earlier than 2027' }),
    thrown({ name: 'ValidationException', message: 'AKIAIOSFODNN7EXAMPLE is no key of yours' }),
  ].map((error) => {
    const made = told(error);
    const cause = made.cause instanceof Error && made.code !== 'aws_invalid' ? made.cause.message : '';
    return `${made.message} ${JSON.stringify(made.fields)} ${cause}`;
  });
  for (const secret of ['EXAMPLETOKEN', 'AKIAIOSFODNN7EXAMPLE']) expect(texts.join('\n')).not.toContain(secret);
  expect(told(thrown({ name: 'InvalidSignatureException', message: 'Signature expired: …' })).code).toBe(
    'aws_clock_skew',
  );
});

test('the way to AWS: names that do not resolve, refused and broken connections, certificates, silence', () => {
  const name = told(network('ENOTFOUND', { hostname: 'ecr.eu-central-9.amazonaws.com' }));
  expect(name).toMatchObject({ kind: 'unavailable', code: 'aws_unreachable', fields: [{ field: 'region' }] });
  expect(name.message).toContain('ecr.eu-central-9.amazonaws.com');
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE'])
    expect(told(network(code)).code).toBe('aws_unreachable');
  expect(told(network('SELF_SIGNED_CERT_IN_CHAIN'))).toMatchObject({
    code: 'aws_untrusted',
    message: expect.stringContaining('NODE_EXTRA_CA_CERTS') as unknown,
  });
  expect(told(new AttemptTimeout(20)).message).toContain('no answer within 20 s');
  expect(told(Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' })).code).toBe(
    'aws_credentials_missing',
  );
});

test('a web page is no answer, unless it says that a proxy’s other side is down', () => {
  const page = (status: number) =>
    Object.assign(new SyntaxError("Unexpected token '<'"), {
      $metadata: { httpStatusCode: status },
      $response: { statusCode: status, headers: { 'content-type': 'text/html; charset=utf-8', 'retry-after': '7' } },
    });
  expect(told(page(500))).toMatchObject({
    code: 'aws_failed',
    message: expect.stringContaining('web page') as unknown,
  });
  const missing = readFailure(page(500));
  const down = readFailure(page(503));
  if (missing === null || down === null) throw new Error('unread');
  expect([isTransient(missing), isOutage(missing)]).toEqual([false, false]);
  expect([isTransient(down), isOutage(down)]).toEqual([true, true]);
  expect(told(page(503)).retryAfterSeconds).toBe(7);
});

test('an error of our own is none of AWS', () => {
  expect(readFailure(new TypeError('x is not a function'))).toBeNull();
  expect(readFailure('text')).toBeNull();
});
