/** What is known of an image that lies in a registry: its scan and its signatures. */
import type { AwsSession } from './aws-session.js';
import type { ImageKnowledge } from '../quality-gates/judge-gates.js';

export interface PushedImage {
  /** `127.0.0.1:5001/shop`, without tag or digest. */
  readonly repository: string;
  readonly digest: string;
}
export interface RegistryLogin {
  readonly username: string;
  readonly password: string;
}

/** Findings of the registry's own scanner. Never throws for a missing scan: the answer says why nothing is known. */
export interface ImageScans {
  findings(image: PushedImage, session: AwsSession | null, signal: AbortSignal): Promise<ImageKnowledge['findings']>;
}
export interface ImageSignatures {
  /** `publicKey`: PEM; undefined: only whether there is one. Throws AppError unavailable when the registry does not answer. */
  find(
    image: PushedImage,
    publicKey: string | undefined,
    login: RegistryLogin | undefined,
    signal: AbortSignal,
  ): Promise<ImageKnowledge['signature']>;
}
