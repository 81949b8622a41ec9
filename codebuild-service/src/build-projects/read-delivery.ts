/**
 * A delivery of GitHub, GitLab or Bitbucket (or a server that speaks as one of them) as an event. A body that is not as the
 * server documents it is no event.
 */
import { readBitbucket } from './bitbucket-delivery.js';
import type { ReadDelivery } from './delivery-event.js';
import type { HeaderOf } from './delivery-signature.js';
import { readGithub } from './github-delivery.js';
import { readGitlab } from './gitlab-delivery.js';

export function readDelivery(header: HeaderOf, body: unknown): ReadDelivery {
  const github = header('x-github-event');
  if (github !== undefined) return readGithub(github, body);
  const gitlab = header('x-gitlab-event');
  if (gitlab !== undefined) return readGitlab(gitlab, body);
  const bitbucket = header('x-event-key');
  if (bitbucket !== undefined) return readBitbucket(bitbucket, body);
  return { nothing: 'the delivery names no event: X-GitHub-Event, X-Gitlab-Event and X-Event-Key are missing' };
}
