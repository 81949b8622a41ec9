/** What a Docker Engine says when it refuses, and what that means for a container. */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { PullError } from '../container-runtime.js';

export const statusOf = (error: unknown): number | undefined =>
  error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;

/** The engine's own sentence, without the client's words about HTTP. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'json' in error) {
    const said = (error.json as { message?: string } | null)?.message;
    if (said !== undefined) return said;
  }
  return messageOf(error);
}

/** What a container waits for while the engine is stopped, restarted or lost; the kubelet asks again. */
export const engineIsAway = (words: string): string => `the container engine does not answer: ${words}`;

/** The engine's own sentence about a container or image; that it is away, where it said nothing at all. */
export const sentenceOf = (error: unknown): string =>
  statusOf(error) === undefined ? engineIsAway(messageOf(error)) : reasonOf(error);

/** Why a pull failed, in the words a kubelet has for it. */
export function pullError(image: string, error: unknown): PullError {
  const text = reasonOf(error);
  const failed = `failed to pull and unpack image "${image}": failed to resolve reference "${image}"`;
  if (/not found|manifest unknown|does not exist/i.test(text) && !/denied/i.test(text))
    return new PullError('not_found', `rpc error: code = NotFound desc = ${failed}: ${image}: not found`, {
      cause: error,
    });
  if (/unauthorized|denied|authentication required|no basic auth/i.test(text))
    return new PullError('unauthorized', `${failed}: ${text}`, { cause: error });
  if (/refused|no such host|timeout|unreachable|EOF/i.test(text))
    return new PullError('unreachable', `${failed}: failed to do request: ${text}`, { cause: error });
  return new PullError('other', `${failed}: ${text}`, { cause: error });
}
