/**
 * Whether a delivery comes from the server that knows the secret: GitHub and Bitbucket sign the body (HMAC SHA-256), GitLab
 * sends the secret itself. Compared in constant time.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export type HeaderOf = (name: string) => string | undefined;

export function isSigned(header: HeaderOf, body: Buffer, secret: string): boolean {
  const signature = header('x-hub-signature-256') ?? header('x-hub-signature');
  if (signature !== undefined) {
    const expected = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    return sameText(signature, expected);
  }
  const token = header('x-gitlab-token');
  return token !== undefined && sameText(token, secret);
}

/** Hashed first: texts of any length are compared in the same time. */
export function sameText(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}

/** The server's id of a delivery, the same when it is sent again; undefined: it has none. */
export function deliveryId(header: HeaderOf): string | undefined {
  const id =
    header('x-github-delivery') ??
    header('idempotency-key') ??
    header('x-gitlab-event-uuid') ??
    header('x-request-uuid') ??
    undefined;
  return id === undefined || id === '' ? undefined : id.slice(0, 100);
}
