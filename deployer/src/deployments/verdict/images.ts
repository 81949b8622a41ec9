/** Family C, second part: the image cannot be had. Read from the pull's own words; the back-off comes a dozen seconds later. */
import { WEIGHT, podName, type Finding } from './finding.js';
import { containerOf, containersOf, neverStarted, specOf, textOf } from './objects.js';
import type { RolloutSnapshot } from './snapshot.js';

/** A pull secret may still be on its way to the node. */
const UNAUTHORIZED_MS = 10_000;

type Cause = Pick<Finding, 'code' | 'fault' | 'reason' | 'suggestion' | 'actAfterMs'>;

/** A name without a host is Docker Hub's. */
const registryOf = (image: string): string => {
  const [first = '', ...rest] = image.split('/');
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io';
};
const whyUnreached = (text: string): string => {
  if (/lookup |no such host|name resolution|server misbehaving/.test(text)) return ' (its name is not known)';
  const words = /connection refused|i\/o timeout|no route to host|TLS handshake|x509[^"]{0,80}|\b50[0234] [\w ]+/.exec(
    text,
  );
  return words ? ` (${words[0].trim()})` : '';
};

const causeOf = (said: string, image: string): Cause | undefined => {
  // The image's own name may be made of any words.
  const text = image === '' ? said : said.replaceAll(image, 'IMAGE').replace(/https?:\/\/[^\s"]+/g, 'ADDRESS');
  const release = (code: string, reason: string, suggestion: string, actAfterMs = 0): Cause => ({
    code,
    fault: 'release',
    reason,
    suggestion,
    actAfterMs,
  });
  const platform = (code: string, reason: string, suggestion: string): Cause => ({
    code,
    fault: 'platform',
    reason,
    suggestion,
    actAfterMs: undefined,
  });
  if (
    /container engine does not answer|code = Unavailable desc = (connection error|transport|error reading)/.test(text)
  )
    return platform(
      'container_runtime_failing',
      `the container runtime of its node does not answer, so ${image} cannot be pulled`,
      'Nothing is wrong with the release: it goes on by itself once the runtime (Docker Engine, containerd) is well again.',
    );
  if (/InvalidImageName|couldn't parse image name|invalid reference format/.test(text))
    return release(
      'invalid_image_name',
      `the image name ${image} is not valid`,
      'Image names are lower-case: registry/name:tag.',
    );
  if (/ErrImageNeverPull|pull policy of Never/.test(text))
    return release(
      'image_never_pull',
      `the image ${image} is not on the node and must not be pulled (pull policy Never)`,
      'Let it be pulled (imagePullPolicy IfNotPresent).',
    );
  if (/no match for platform|no matching manifest for|does not match the (specified|detected host) platform/.test(text))
    return release(
      'wrong_architecture',
      `the image ${image} is not built for the node’s architecture`,
      'Build the image for the architecture of the cluster’s nodes.',
    );
  if (/authorization token has expired/.test(text))
    return platform(
      'image_pull_token_expired',
      `the cluster’s login at the registry ${registryOf(image)} has expired, so ${image} cannot be pulled`,
      'Nothing is wrong with the release: the platform’s login at the registry must be renewed, then deploy again.',
    );
  if (/toomanyrequests|429 Too Many Requests|rate limit/i.test(text))
    return platform(
      'registry_rate_limited',
      `the registry ${registryOf(image)} limits how often ${image} may be pulled`,
      'Wait, or log in to the registry with an account that may pull more.',
    );
  if (/ 401| 403|unauthorized|no basic auth credentials|authentication required|insufficient_scope|denied/i.test(text))
    return release(
      'image_pull_unauthorized',
      `the registry ${registryOf(image)} does not let the cluster pull ${image}`,
      'Give the registry’s credential with the deployment (source.credential), or make the image public.',
      UNAUTHORIZED_MS,
    );
  if (/not found|manifest unknown|name unknown|NotFound|404 Not Found/i.test(text) && !/lookup /.test(text))
    return release(
      'image_not_found',
      `the image ${image} does not exist in its registry`,
      'Check name and tag, and that the image was pushed.',
    );
  if (
    /connection refused|i\/o timeout|lookup |no such host|server misbehaving|name resolution|no route to host|unreachable|timed? ?out|deadline exceeded|EOF|connection reset|broken pipe|TLS handshake|x509|HTTP response to HTTPS client|RegistryUnavailable|\b50[0234] (Internal|Bad|Service|Gateway)/i.test(
      text,
    )
  )
    return platform(
      'registry_unreachable',
      `the node cannot reach the registry ${registryOf(image)} of ${image}${whyUnreached(text)}`,
      'Nothing is wrong with the release: bring the registry back, or correct its address.',
    );
  if (/no space left on device|disk quota exceeded/i.test(text))
    return platform(
      'node_disk_full',
      `the node has no room for the image ${image}`,
      'Nothing is wrong with the release: the cluster’s operators must free the node’s disk.',
    );
  if (/signature|SignatureValidationFailed|policy.*reject/i.test(text))
    return release(
      'image_signature_invalid',
      `the node does not accept the signature of the image ${image}`,
      'Sign the image as the cluster’s policy asks, or deploy one that is signed.',
    );
  return undefined;
};

const PULL_REASONS =
  /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError|RegistryUnavailable|SignatureValidationFailed)$/;

export const images = (snapshot: RolloutSnapshot): readonly Finding[] =>
  snapshot.pods.flatMap((pod) =>
    containersOf(pod).flatMap(({ name, status }): Finding[] => {
      if (!neverStarted(status)) return [];
      const image = status.image ?? specOf(pod, name)?.image ?? '';
      const events = snapshot
        .eventsOf(pod)
        .filter((event) => event.type === 'Warning' && (containerOf(event) ?? name) === name)
        .filter(
          ({ reason, message }) =>
            reason === 'InspectFailed' ||
            reason === 'ErrImageNeverPull' ||
            (reason === 'Failed' && /pull image|ErrImage|InvalidImage/.test(message ?? '')),
        );
      const pulls = events.filter((event) => /pull image|parse image name|pull policy/.test(textOf(event)));
      const waiting = status.state?.waiting;
      const pulling = PULL_REASONS.test(waiting?.reason ?? '');
      if (!pulling && events.length === 0) return [];
      const texts = [...events.map(textOf).reverse(), waiting?.message ?? '', waiting?.reason ?? ''];
      const cause = texts.map((text) => causeOf(text, image)).find((found) => found !== undefined);
      // `Error: ImagePullBackOff` alone says nothing yet.
      if (cause === undefined && !texts.some((text) => /Failed to pull image/.test(text))) return [];
      const said = cause ?? {
        code: 'image_pull_failed',
        fault: 'unknown' as const,
        reason: `the image ${image} cannot be pulled: ${texts[0] ?? ''}`,
        suggestion: 'The message is what the node or the registry answered: correct what it names.',
        actAfterMs: undefined,
      };
      return [
        {
          ...said,
          weight: WEIGHT.start,
          pod: pod.metadata.name,
          object: podName(pod),
          container: name,
          reason: `Container ${name} of ${podName(pod)} cannot start: ${said.reason}.`,
          events: (pulls.length > 0 ? pulls : events).slice(-1),
        },
      ];
    }),
  );
