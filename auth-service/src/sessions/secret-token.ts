import { createHash, createHmac, randomBytes } from 'node:crypto';

/**
 * Opaque tokens of 256 random bits. Only their SHA-256 is stored: with that much entropy a slow hash adds nothing.
 * The prefix tells what a leaked one is, and lets the masking find it.
 */
export const SESSION_PREFIX = 'ads_';
export const API_TOKEN_PREFIX = 'adp_';

export const newSecretToken = (prefix: string): string => prefix + randomBytes(32).toString('base64url');
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
/** The CSRF token of a session follows from its secret, so it need not be stored. */
export const csrfTokenOf = (session: string): string =>
  createHmac('sha256', session).update('csrf').digest('base64url');
