/** What happened in a repository, in words that GitHub, GitLab and Bitbucket share; filters are over this. */
export const PULL_REQUEST_EVENTS = [
  'PULL_REQUEST_CREATED',
  'PULL_REQUEST_UPDATED',
  'PULL_REQUEST_REOPENED',
  'PULL_REQUEST_MERGED',
  'PULL_REQUEST_CLOSED',
] as const;
export const WEBHOOK_EVENTS = ['PUSH', ...PULL_REQUEST_EVENTS, 'RELEASED', 'PRERELEASED'] as const;
export type WebhookEventName = (typeof WEBHOOK_EVENTS)[number];

export interface WebhookEvent {
  readonly event: WebhookEventName;
  /** `refs/heads/main`, `refs/tags/v1`; of a pull request: the branch with the change. */
  readonly headRef: string;
  /** Of a pull request: where it wants to go. */
  readonly baseRef: string | null;
  /** What to build; null when the branch or tag is gone. */
  readonly commit: string | null;
  /** `branch/main`, `tag/v1`, `pr/12`. */
  readonly trigger: string;
  readonly actor: string | null;
  /** Changed files; null where the delivery does not say. */
  readonly files: readonly string[] | null;
  readonly message: string | null;
  readonly releaseName: string | null;
  /** `owner/repository`. */
  readonly repository: string;
  /** The change lies in another repository than the one that it wants to go to. */
  readonly fromFork: boolean;
}
