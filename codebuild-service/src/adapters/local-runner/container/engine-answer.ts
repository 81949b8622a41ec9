/** What a Docker Engine refused, in its own words. */
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';

export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;
export const wordsOf = (error: unknown): string =>
  messageOf(error)
    .replace(/^\(HTTP code \d+\) [^-]*- /, '')
    .trim();
/** unavailable/`docker_unreachable` */
export const unreachable = (cause: unknown): AppError =>
  new AppError('unavailable', 'docker_unreachable', `The Docker Engine cannot run the build: ${wordsOf(cause)}`, {
    cause,
    fields: [{ field: 'environment', message: wordsOf(cause), mend: 'Check the Docker Engine that DOCKER_HOST names' }],
  });
