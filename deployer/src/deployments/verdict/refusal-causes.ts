/** What the API server's refusal of an object means: by its causes and reason first, by its words second. Also for the pods that a controller could not make. */
import type { ClusterRefusal } from '../../ports/cluster.js';
import type { Finding } from './finding.js';

type Kind = Pick<Finding, 'code' | 'fault' | 'reason' | 'suggestion'>;

/** A controller passes on the words of a refusal only; they tell its status well enough. 0: they do not. */
export const statusInWords = (message: string): number =>
  /is invalid:/.test(message)
    ? 422
    : /Internal error|etcdserver|context deadline exceeded|timed out|Timeout|EOF|connection refused|too many requests/i.test(
          message,
        )
      ? 500
      : /is forbidden: |cannot create|denied/.test(message)
        ? 403
        : 0;

/** `exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9` → what is asked, used and allowed. */
export const quotaWords = (message: string): string => {
  const text = message.replace(/^.*exceeded quota: /s, '');
  const [, name, asked, used, limit] = /^(.+?), requested: (.+?), used: (.+?), limited: (.+)$/s.exec(text) ?? [];
  return name === undefined
    ? text
    : `${name}: it asks for ${asked ?? ''} where ${used ?? ''} of ${limit ?? ''} are used`;
};

const firstField = (refusal: ClusterRefusal): string => refusal.causes[0]?.field ?? '';

/** What a refusal means, by its reason first and its words second. Also read from events about pods that were refused. */
export const classifyRefusal = (refusal: ClusterRefusal, what: string): Kind => {
  const { status, message, causes } = refusal;
  const release = (code: string, reason: string, suggestion: string): Kind => ({
    code,
    fault: 'release',
    reason,
    suggestion,
  });
  const platform = (code: string, reason: string, suggestion: string): Kind => ({
    code,
    fault: 'platform',
    reason,
    suggestion,
  });
  const hook = /admission webhook "([^"]+)" denied the request:? ?(.*)/s.exec(message);
  const deadHook = /failed calling webhook "([^"]+)"/.exec(message);
  const account = /serviceaccount "([^"]+)" not found/.exec(message);
  const priority = /no PriorityClass with name (\S+) was found/.exec(message);
  const missingName = /namespaces? "([^"]+)" not found/.exec(message)?.[1];
  const runtime = /RuntimeClass(?:\.node\.k8s\.io)? "([^"]+)" not found/i.exec(message);
  const policy = /ValidatingAdmissionPolicy '([^']+)'.*? denied request: ?(.*)/s.exec(message);

  if (causes.some((cause) => cause.reason === 'NamespaceTerminating') || /is being terminated/.test(message))
    return platform(
      'namespace_terminating',
      `${what} was refused: the namespace is being deleted.`,
      'Wait until the namespace is gone and deploy again, or deploy to another namespace.',
    );
  if (deadHook)
    return platform(
      'admission_webhook_unreachable',
      `${what} was refused because the cluster’s admission webhook ${deadHook[1] ?? ''} does not answer.`,
      'Nothing is wrong with the release: the cluster’s operators must bring the webhook back.',
    );
  if (/host "[^"]*" and path "[^"]*" is already defined/.test(message))
    return release(
      'route_taken',
      `${what} was refused: its host and path belong to another Ingress (${message.replace(/^.*denied the request: /s, '')}).`,
      'Choose another workload.route, or remove the other Ingress.',
    );
  if (hook)
    return release(
      'admission_denied',
      `The admission webhook ${hook[1] ?? ''} refused ${what}: ${hook[2] ?? ''}`,
      'Change what the policy objects to, or ask its owners for an exception.',
    );
  if (policy)
    return release(
      'admission_denied',
      `The admission policy ${policy[1] ?? ''} refused ${what}: ${policy[2] ?? ''}`,
      'Change what the policy objects to, or ask its owners for an exception.',
    );
  if (/violates PodSecurity/.test(message)) {
    const rule = /violates PodSecurity "([^"]+)": (.*)/s.exec(message);
    return release(
      'pod_security_violation',
      `${what} is not allowed by the namespace’s pod security level ${rule?.[1] ?? ''}: ${rule?.[2] ?? message}`,
      'Make the pod meet the level (the message names each field), or deploy to a namespace with a lower level.',
    );
  }
  if (/exceeded quota/.test(message))
    return release(
      'quota_exceeded',
      `${what} does not fit into the namespace’s quota ${quotaWords(message)}.`,
      'Lower workload.resources or workload.replicas, free some of the quota, or have it raised.',
    );
  const unspecified = /failed quota: ([^:]+): must specify (.+)/.exec(message);
  if (unspecified)
    return release(
      'quota_requests_missing',
      `${what} was refused: the namespace’s quota ${unspecified[1] ?? ''} wants ${(unspecified[2] ?? '').replace(' for: ', ' of container ')}.`,
      'Set workload.resources: the requests and limits that the message names.',
    );
  if (
    /(maximum|minimum) .*(usage|per Container|per Pod|per PersistentVolumeClaim)|max limit to request ratio/.test(
      message,
    )
  )
    return release(
      'limit_range_violation',
      `${what} is not allowed by the namespace’s limit range: ${message.replace(/^.*is forbidden: /s, '')}.`,
      'Set workload.resources within the limits that the message names.',
    );
  if (account)
    return release(
      'missing_service_account',
      `${what} was refused: the service account ${account[1] ?? ''} does not exist in the namespace.`,
      `Create the ServiceAccount ${account[1] ?? ''}, or leave it out of the manifest.`,
    );
  if (priority)
    return release(
      'missing_priority_class',
      `${what} was refused: the priority class ${priority[1] ?? ''} does not exist.`,
      'Name one that exists, or leave it out.',
    );
  if (runtime)
    return release(
      'missing_runtime_class',
      `${what} was refused: the runtime class ${runtime[1] ?? ''} does not exist.`,
      'Name one that exists, or leave runtimeClassName out.',
    );
  if (/provided port is already allocated/.test(message))
    return release(
      'node_port_taken',
      `${what} was refused: its node port is used by another Service.`,
      'Choose another workload.node_port, or leave it out to get a free one.',
    );
  if (causes.some((cause) => cause.reason === 'FieldManagerConflict'))
    return release(
      'foreign_owner',
      `${what} was changed by somebody else: ${causes.map((cause) => `${cause.field} (${cause.message})`).join(', ')}.`,
      'Undo the change made outside of the platform, then deploy again.',
    );
  if (status === 409 && /has been modified|please apply your changes/i.test(message))
    return {
      code: 'cluster_conflict',
      fault: 'transient',
      reason: `${what} was changed by somebody else at the same moment.`,
      suggestion: 'Deploy again: the next try reads it anew.',
    };
  if (status === 409)
    return release(
      'name_collision',
      `${what} exists already and belongs to somebody else: ${message}`,
      'Choose another application name, or remove the other object.',
    );
  const account403 = /User "([^"]+)" cannot (\w+)(?: resource "([^"]+)")?/.exec(message);
  if (status === 401 || account403 || (status === 403 && !/ is forbidden: \S/.test(message)))
    return platform(
      'cluster_forbidden',
      account403
        ? `${what} was refused: the account ${account403[1] ?? ''} may not ${account403[2] ?? ''} ${account403[3] ?? 'it'} in the cluster.`
        : `${what} was refused: the cluster does not accept the deployer’s account (${message}).`,
      'The cluster’s operators must give this account the right.',
    );
  if (status === 403)
    return release(
      'admission_denied',
      `The cluster’s admission refused ${what}: ${message.replace(/^.*? is forbidden: /s, '')}`,
      'Change what the message objects to, or ask the cluster’s operators for an exception.',
    );
  if (status === 429)
    return {
      code: 'cluster_throttled',
      fault: 'unknown',
      reason: `The cluster was asked too often and did not take ${what}: ${message}.`,
      suggestion: 'Nothing is known about the release: deploy again when the cluster has less to do.',
    };
  const unknownKind = /could not find the requested resource|no matches for kind|does not know/.test(message);
  if (status === 404 && unknownKind)
    return release(
      'unknown_kind',
      `${what} is of a kind that the cluster does not have: ${message}.`,
      'Correct its apiVersion and kind, or have the operators install what defines the kind.',
    );
  if (status === 404)
    return platform(
      'namespace_missing',
      `${what} was refused: ${missingName === undefined ? message : `the namespace ${missingName} does not exist`}.`,
      'Create the namespace, or let the deployer create it.',
    );
  if (status === 400 || status === 422 || /not declared in schema|strict decoding/.test(message)) {
    const immutable = /field is immutable|may not change once set/.test(message);
    if (immutable && firstField(refusal).startsWith('spec.selector'))
      return release(
        'immutable_selector',
        `${what} exists with another selector, and a selector cannot be changed: ${message}`,
        'Deploy under another application name, or delete the old object first.',
      );
    if (immutable)
      return release(
        'immutable_field',
        `${what}: ${firstField(refusal)} cannot be changed on a living object.`,
        'Deploy under another application name, or delete the old object first.',
      );
    return release(
      'invalid_spec',
      `${what} is not valid: ${causes.length > 0 ? causes.map((cause) => `${cause.field}: ${cause.message}`).join('; ') : message}`,
      `Correct ${causes.length > 0 ? causes.map((cause) => cause.field).join(', ') : 'the field that the message names'}.`,
    );
  }
  return {
    code: 'cluster_refused',
    fault: 'unknown',
    reason: `The cluster could not take ${what}: it answered ${String(status)} (${message}).`,
    suggestion: 'Nothing is known about the release: deploy again when the cluster’s API server works.',
  };
};
