/** Build projects as an AWS account has them. The local runner needs none: there a project is only the platform's row. */
import type { CreateBuildProjectBody } from '@aws-deployer/platform/contracts/build-projects';
import type { AwsSession } from './aws-session.js';

export interface MirroredProject {
  readonly arn: string;
  readonly badgeUrl: string | null;
  readonly webhookUrl: string | null;
  /** Shown once, by AWS, when the webhook is made. */
  readonly webhookSecret: string | null;
}
/** A project's settings without the platform's own parts. */
export type ProjectSettings = Omit<CreateBuildProjectBody, 'account' | 'region'>;
export interface FoundProject {
  readonly name: string;
  readonly arn: string;
  readonly description: string;
}

/**
 * Throws AppError: conflict/`project_exists`, not_found/`project_not_found`, invalid with the field and the mend, forbidden/
 * `aws_access_denied`, unavailable. Each carries the AWS request id in its message.
 */
export interface ProjectMirror {
  create(session: AwsSession, settings: ProjectSettings, signal: AbortSignal): Promise<MirroredProject>;
  /** `before`: what is there now, so that a webhook or a role is only touched when it changed. */
  update(
    session: AwsSession,
    settings: ProjectSettings,
    before: ProjectSettings,
    signal: AbortSignal,
  ): Promise<MirroredProject>;
  /** Harmless for one that is gone. */
  remove(session: AwsSession, name: string, signal: AbortSignal): Promise<void>;
  list(session: AwsSession, signal: AbortSignal): Promise<readonly FoundProject[]>;
  /** As settings of ours; what the platform has no word for is named in `lost`. */
  read(
    session: AwsSession,
    name: string,
    signal: AbortSignal,
  ): Promise<{
    readonly settings: ProjectSettings;
    readonly mirrored: MirroredProject;
    readonly lost: readonly string[];
  }>;
}
