/** Family A: the API server refused an object, so nothing of the release runs. */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { ClusterRefusal, Manifest } from '../../ports/cluster.js';
import { WEIGHT, type Finding } from './finding.js';
import { plainVerdict } from './own-verdicts.js';
import type { Rejection, RolloutSnapshot } from './snapshot.js';

type Kind = Pick<Finding, 'code' | 'fault' | 'reason' | 'suggestion'>;

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
  if (hook)
    return release(
      'admission_denied',
      `The admission webhook ${hook[1] ?? ''} refused ${what}: ${hook[2] ?? ''}`,
      'Change what the policy objects to, or ask its owners for an exception.',
    );
  if (/violates PodSecurity/.test(message)) {
    const rule = /violates PodSecurity "([^"]+)": (.*)/s.exec(message);
    return release(
      'pod_security_violation',
      `The namespace’s pod security level ${rule?.[1] ?? ''} does not allow these pods: ${rule?.[2] ?? message}`,
      'Make the pod meet the level (the message names each field), or deploy to a namespace with a lower level.',
    );
  }
  if (/exceeded quota/.test(message))
    return release(
      'quota_exceeded',
      `The namespace’s quota has no room: ${message.replace(/^.*exceeded quota: /s, '')}.`,
      'Lower workload.resources or workload.replicas, free some of the quota, or have it raised.',
    );
  if (/(maximum|minimum) .*(usage|per Container|per Pod)/.test(message))
    return release(
      'limit_range_violation',
      `The namespace’s limit range does not allow these pods: ${message.replace(/^.*is forbidden: /s, '')}.`,
      'Set workload.resources within the limits that the message names.',
    );
  if (account)
    return release(
      'missing_service_account',
      `The service account ${account[1] ?? ''} does not exist in the namespace.`,
      `Create the ServiceAccount ${account[1] ?? ''}, or leave it out of the manifest.`,
    );
  if (priority)
    return release(
      'missing_priority_class',
      `The priority class ${priority[1] ?? ''} does not exist.`,
      'Name one that exists, or leave it out.',
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
  if (status === 409)
    return release(
      'name_collision',
      `${what} exists already and belongs to somebody else: ${message}`,
      'Choose another application name, or remove the other object.',
    );
  if (status === 401 || status === 403)
    return platform(
      'cluster_forbidden',
      `The deployer’s account may not do this in the cluster: ${message}`,
      'The cluster’s operators must give the deployer this right.',
    );
  if (status === 404)
    return platform(
      'namespace_missing',
      `${what} was refused: ${message}`,
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
    reason: `${what} was refused: ${message}`,
    suggestion: 'Look at the cluster’s own log.',
  };
};

const toFinding = ({ kind, name, refusal }: Rejection): Finding => ({
  ...classifyRefusal(refusal, `${kind} ${name}`),
  weight: WEIGHT.rejected,
  object: `${kind} ${name}`,
  actAfterMs: 0,
});

export const rejected = (snapshot: RolloutSnapshot): readonly Finding[] => {
  const ending: Finding[] = snapshot.namespaceEnding
    ? [
        {
          code: 'namespace_terminating',
          fault: 'platform',
          weight: WEIGHT.namespace,
          object: `Namespace ${snapshot.target.namespace}`,
          reason: `The namespace ${snapshot.target.namespace} is being deleted.`,
          suggestion: 'Find out who deleted it; deploy to another namespace, or again once it is gone.',
          actAfterMs: undefined,
        },
      ]
    : [];
  return [...snapshot.rejections.map(toFinding), ...ending];
};

/** The verdict on one object that was refused before any rollout could be watched. */
export const verdictOfRefusal = (object: Manifest, refusal: ClusterRefusal): VerdictView => {
  const what = `${object.kind} ${object.metadata.name}`;
  const { code, fault, reason, suggestion } = classifyRefusal(refusal, what);
  return plainVerdict({ code, fault, object: what, reason: `${reason.trimEnd().replace(/\.+$/, '')}.`, suggestion });
};
