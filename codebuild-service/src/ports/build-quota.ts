/** How many builds an AWS account may run at once, as AWS itself says it. */
import type { AwsSession } from './aws-session.js';

export interface BuildQuota {
  /** For small Linux environments, the platform's default; null: AWS names no such quota. Throws AppError as every AWS call. */
  concurrentBuilds(session: AwsSession, signal: AbortSignal): Promise<number | null>;
}
