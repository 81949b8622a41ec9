/** Keys that came with one request: they are used for it, and no message of a failure may carry them out again. */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { Masker } from '@aws-deployer/platform/masking/mask';
import type { AwsSession } from '../ports/aws-session.js';

/** The same failure without the keys of the session in its words; of accounts of the platform as it is. */
export function withoutKeys(error: unknown, { account, credential }: AwsSession): unknown {
  if (account !== null || credential.type !== 'keys') return error;
  const { accessKeyId, secretAccessKey, sessionToken } = credential;
  const masker = new Masker([accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken])]);
  if (error instanceof AppError)
    return new AppError(error.kind, error.code, masker.text(error.message), {
      fields: error.fields.map(({ field, message, mend }) => ({
        field,
        message: masker.text(message),
        mend: masker.text(mend),
      })),
      ...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
    });
  if (error instanceof DOMException) return error; // an abort: it knows nothing of the request
  return new Error(masker.text(messageOf(error)));
}
