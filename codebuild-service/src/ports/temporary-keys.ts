/** Keys of a role for another process: of the role's full time, and nobody else has them. Throws AppError as every call to AWS. */
import type { AwsSession } from './aws-session.js';

export interface TemporaryKeyIssuer {
  /** `session` is that of a role. */
  temporaryKeys(session: AwsSession): Promise<{
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
    readonly expiration: Date;
  }>;
}
