/**
 * What the platform's own account may not do. One question gives all rules of a namespace; what they do not hold is asked for one
 * by one, because a server whose rights come from elsewhere (a webhook) cannot list them.
 */
import type { Right } from '../../ports/cluster.js';
import type { KubeRequests } from './kube-requests.js';

interface Rule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}
const API = 'authorization.k8s.io/v1';

export async function missingRights(
  requests: KubeRequests,
  rights: readonly Right[],
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Right[]> {
  const { resourceRules = [] } = await review<{ resourceRules?: readonly Rule[] }>(
    requests,
    'SelfSubjectRulesReview',
    { namespace },
    signal,
  );
  const doubtful = rights.filter((right) => !resourceRules.some((rule) => gives(rule, right)));
  const answers = await Promise.all(
    doubtful.map(async (right) => {
      const [resource, subresource] = right.resource.split('/');
      const resourceAttributes = { namespace, verb: right.verb, group: right.group, resource, subresource };
      const { allowed } = await review<{ allowed?: boolean }>(
        requests,
        'SelfSubjectAccessReview',
        { resourceAttributes },
        signal,
      );
      return { right, allowed };
    }),
  );
  return answers.flatMap(({ right, allowed }) => (allowed === true ? [] : [right]));
}

async function review<T>(requests: KubeRequests, kind: string, spec: object, signal: AbortSignal): Promise<T> {
  const { status } = (await requests.json(
    {
      method: 'POST',
      path: `/apis/${API}/${kind.toLowerCase()}s`,
      body: JSON.stringify({ apiVersion: API, kind, spec }),
      contentType: 'application/json',
      subject: `ask for the platform’s rights (${kind})`,
      once: true,
    },
    signal,
  )) as { status: T };
  return status;
}

/** A rule for certain names only is none for all. */
const gives = ({ verbs = [], apiGroups = [], resources = [], resourceNames = [] }: Rule, right: Right): boolean =>
  resourceNames.length === 0 && has(verbs, right.verb) && has(apiGroups, right.group) && has(resources, right.resource);
const has = (list: readonly string[], wanted: string): boolean => list.includes('*') || list.includes(wanted);
