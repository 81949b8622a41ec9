/** What the API server said of a dry run of each object, and of one pod of each workload: pure. */
import type { ClusterRefusal } from '../../ports/cluster.js';
import { foreignOwner } from '../../deployments/manifests/identity.js';
import { classifyRefusal } from '../../deployments/verdict/refusal-causes.js';
import { failed, orPassed, passed, untold, warned, type Check, type CheckName } from '../check.js';
import { valueOf, type ClusterState, type DryRun } from '../cluster-state.js';
import { nameOf, type DesiredState } from '../desired-state.js';

/** What the person who asks has agreed to. */
export interface Consent {
  /** Delete and make anew what cannot be changed in place. */
  readonly recreate: boolean;
  /** Take over objects that somebody else made. */
  readonly adopt: boolean;
}

export const RECREATE_MEND =
  'Ask again with recreate: true, and the object is deleted and made anew (its pods stop in between); or deploy under another application name';
export const ADOPT_MEND =
  'Choose another application name or namespace, remove the other object, or take it over with adopt: true';

export const isImmutable = (code: string): boolean => code === 'immutable_selector' || code === 'immutable_field';

const refusalOf = (run: DryRun & { readonly outcome: 'refused' }): ClusterRefusal => {
  const { cause, message, kind } = run.error;
  if (typeof cause === 'object' && cause !== null && 'status' in cause) return cause as ClusterRefusal;
  return { status: kind === 'invalid' ? 422 : 500, reason: '', message, causes: [] };
};

/** A refusal in the words of the verdict, with the consent that would let it pass. */
const checkOf = (name: CheckName, run: DryRun & { readonly outcome: 'refused' }, consent: Consent): Check => {
  const what = nameOf(run.object);
  const refusal = refusalOf(run);
  const kind = classifyRefusal(refusal, what);
  if (run.error.code === 'cluster_unreachable')
    return untold(name, `The cluster did not answer for ${what}: ${run.error.message}`, 'cluster_unreachable', what);
  const evidence = [`${String(refusal.status)} ${refusal.reason}: ${refusal.message}`.slice(0, 1000)];
  const said = { ...kind, object: what, message: kind.reason, mend: kind.suggestion, evidence };
  if (isImmutable(kind.code))
    return consent.recreate
      ? warned(name, { ...said, message: `${kind.reason} It is deleted and made anew, as agreed`, mend: '' })
      : failed(name, { ...said, mend: RECREATE_MEND });
  if (kind.code === 'foreign_owner') return failed(name, { ...said, mend: ADOPT_MEND });
  return failed(name, said);
};

export const dryRun =
  (consent: Consent) =>
  (desired: DesiredState, state: ClusterState): readonly Check[] => {
    const checks = state.dryRuns.flatMap((run): Check[] => {
      if (run.outcome === 'untold') return [untold('dry_run', `${nameOf(run.object)} was not tried: ${run.why}`)];
      if (run.outcome === 'taken') return [];
      const check = checkOf('dry_run', run, consent);
      // In a namespace that is not its own only the object's form says anything.
      const binding = !run.elsewhere || ['invalid_spec', 'node_port_taken', 'cluster_refused'].includes(check.code);
      return binding ? [check] : [{ ...check, state: 'warn' }];
    });
    const elsewhere = state.dryRuns.some((run) => run.elsewhere);
    return orPassed(
      'dry_run',
      checks,
      `The API server takes ${String(desired.manifests.length)} objects${elsewhere ? ' (their form, tried in the namespace default: their own is not there yet)' : ''}.`,
    );
  };

/** The pods' own admission: quota, limit range, pod security, service account, priority, webhooks on pods. */
export const podAdmission =
  (consent: Consent) =>
  (_desired: DesiredState, state: ClusterState): readonly Check[] => {
    const checks = state.podDryRuns.flatMap((run): Check[] => {
      const object = run.workload.object;
      if (run.outcome === 'taken') return [];
      if (run.outcome === 'untold')
        return [untold('admission', `No pod of ${object} was tried: ${run.why}`, 'not_checked', object)];
      const check = { ...checkOf('admission', run, consent), object };
      const noRight = /cannot (create|patch|get) resource "pods"/.test(run.error.message);
      if (noRight)
        return [untold('admission', 'The deployer may not try pods in this namespace', 'not_checked', object)];
      return [check];
    });
    return orPassed('admission', checks, 'A pod of it would be admitted.');
  };

export const namespaceCheck = (desired: DesiredState, state: ClusterState): readonly Check[] => {
  const { namespace } = desired;
  if (!state.namespace.known)
    return [untold('namespace', `The namespace ${namespace} could not be read: ${state.namespace.why}`)];
  const found = state.namespace.value;
  if (found === undefined) return [passed('namespace', `The namespace ${namespace} will be made.`)];
  if (found.metadata.deletionTimestamp !== undefined)
    return [
      failed('namespace', {
        code: 'namespace_terminating',
        fault: 'platform',
        object: `Namespace ${namespace}`,
        message: `The namespace ${namespace} is being deleted`,
        mend: 'Wait until it is gone and deploy again, or choose another namespace',
        evidence: [`deletionTimestamp ${found.metadata.deletionTimestamp}`],
      }),
    ];
  return [passed('namespace', `The namespace ${namespace} is there.`)];
};

/** Nothing of others is taken over without consent. */
export const ownership =
  (consent: Consent) =>
  (desired: DesiredState, state: ClusterState): readonly Check[] => {
    const checks = desired.manifests.flatMap((manifest): Check[] => {
      const live = valueOf(state.live.get(nameOf(manifest)), undefined);
      const owner = live && foreignOwner(live, manifest);
      if (live === undefined || owner === undefined) return [];
      const said = {
        code: 'name_collision',
        fault: 'release' as const,
        object: nameOf(manifest),
        message: owner,
        mend: ADOPT_MEND,
        evidence: managersOf(live.metadata['managedFields']),
      };
      return [
        consent.adopt
          ? warned('ownership', { ...said, message: `${owner}; it is taken over, as agreed`, mend: '' })
          : failed('ownership', said),
      ];
    });
    return orPassed('ownership', checks, 'No object belongs to somebody else.');
  };

const managersOf = (fields: unknown): readonly string[] => {
  const managers = (Array.isArray(fields) ? (fields as { manager?: string; time?: string }[]) : []).map(
    ({ manager = 'unknown', time }) => `managed by ${manager}${time === undefined ? '' : ` since ${time}`}`,
  );
  return [...new Set(managers)];
};
