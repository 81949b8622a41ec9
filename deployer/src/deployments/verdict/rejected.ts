/** Family A: the API server refused an object, so nothing of the release runs. */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { ClusterRefusal, Manifest } from '../../ports/cluster.js';
import { WEIGHT, sentenceOf, type Finding } from './finding.js';
import { plainVerdict } from './own-verdicts.js';
import { classifyRefusal } from './refusal-causes.js';
import type { Rejection, RolloutSnapshot } from './snapshot.js';

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
  return plainVerdict({ code, fault, object: what, reason: sentenceOf(reason), suggestion });
};
