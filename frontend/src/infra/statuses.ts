/**
 * What the console calls environments, runs and changes. Pure. Written out here, held to the contract by types: importing
 * the contract's values would ship its validator to every browser.
 */
import type {
  InfraEnvironmentView,
  InfraRunView,
  ResourceChangeView,
  RunKind,
  RunStatus,
} from '@aws-deployer/platform/contracts/infra';
import type { Face } from '../ui/status-badge.js';
import type { Tone } from '../ui/tone.js';

const ended = (label: string, tone: Tone): Face => ({ label, tone, moving: false, end: true });

const RUNS: Readonly<Record<RunStatus, Face>> = {
  queued: { label: 'Queued', tone: 'mute', moving: true, end: false },
  running: { label: 'Running', tone: 'live', moving: true, end: false },
  succeeded: ended('Succeeded', 'good'),
  failed: ended('Failed', 'bad'),
  cancelled: ended('Cancelled', 'mute'),
  interrupted: ended('Interrupted', 'warn'),
};
export const ALL_RUN_STATUSES = Object.keys(RUNS) as RunStatus[];
export const isRunStatus = (text: string): text is RunStatus => text in RUNS;
export const isRunEnded = (status: RunStatus): boolean => RUNS[status].end;

/** A plan that can be approved waits for a person: that is what to know of it. */
export function runFace(
  run: Pick<InfraRunView, 'status' | 'kind' | 'applicable' | 'plan_state' | 'applied_by' | 'summary'>,
): Face {
  if (run.status !== 'succeeded') return RUNS[run.status];
  if (run.kind === 'plan' || run.kind === 'destroy') {
    if (run.applied_by !== null) return ended('Approved', 'good');
    if (run.summary !== null && changesNothing(run.summary)) return ended('No changes', 'good');
    if (run.applicable) return ended('Awaits approval', 'warn');
    return ended(run.plan_state === 'expired' ? 'Expired' : 'Stale', 'mute');
  }
  if (run.kind === 'drift')
    return run.summary !== null && changed(run.summary) > 0 ? ended('Drifted', 'warn') : ended('In sync', 'good');
  return ended('Applied', 'good');
}
export const plainRunFace = (status: RunStatus): Face => RUNS[status];

type Summary = NonNullable<InfraRunView['summary']>;
/** How many resources a plan would change. Reading data changes nothing. */
export const changed = ({ changes, more_changes: more }: Summary): number =>
  changes.filter(({ action }) => action !== 'read').length + more;
export const changesNothing = (summary: Summary): boolean => changed(summary) === 0 && summary.outputs.length === 0;

const KINDS: Readonly<Record<RunKind, string>> = {
  plan: 'Plan',
  destroy: 'Destroy plan',
  drift: 'Drift check',
  apply: 'Apply',
};
export const kindLabel = (kind: RunKind): string => KINDS[kind];
export const ALL_RUN_KINDS = Object.keys(KINDS) as RunKind[];
export const isRunKind = (text: string): text is RunKind => text in KINDS;

const PHASES: Readonly<Record<NonNullable<InfraRunView['phase']>, string>> = {
  preparing: 'Copying the module',
  initializing: 'Fetching providers',
  planning: 'Working out the changes',
  reading: 'Reading the plan',
  sweeping: 'Taking away what Kubernetes made',
  applying: 'Changing resources',
  closing: 'Closing the state',
  scanning: 'Looking for what is left',
};
/** A phase of a newer server shows under its own name. */
export const phaseLabel = (phase: string): string =>
  phase in PHASES ? PHASES[phase as keyof typeof PHASES] : phase.replaceAll('_', ' ');

const ENVIRONMENTS: Readonly<Record<InfraEnvironmentView['status'], Face>> = {
  empty: ended('Empty', 'mute'),
  applied: ended('Applied', 'good'),
  incomplete: ended('Incomplete', 'bad'),
};
export const environmentFace = (status: InfraEnvironmentView['status']): Face => ENVIRONMENTS[status];

export function driftFace({ drift, status }: Pick<InfraEnvironmentView, 'drift' | 'status'>): Face {
  if (status === 'empty') return ended('Nothing to drift', 'mute');
  if (drift.status === 'in_sync') return ended('In sync', 'good');
  if (drift.status === 'drifted') return ended('Drifted', 'warn');
  return ended(drift.checked_at === null ? 'Not checked' : 'Unknown', 'mute');
}

type Action = ResourceChangeView['action'];
export interface ActionFace {
  readonly title: string;
  /** What becomes of one: `will be destroyed`. */
  readonly words: string;
  readonly sign: string;
  readonly tone: Tone;
}
/** In the order in which they are read: what is lost comes first. */
const ACTIONS: Readonly<Record<Action, ActionFace>> = {
  delete: { title: 'Destroy', words: 'will be destroyed', sign: '−', tone: 'bad' },
  replace: { title: 'Replace', words: 'will be destroyed and made anew', sign: '±', tone: 'bad' },
  update: { title: 'Change in place', words: 'will be changed in place', sign: '~', tone: 'warn' },
  create: { title: 'Create', words: 'will be created', sign: '+', tone: 'good' },
  import: { title: 'Import', words: 'will be taken into the state', sign: '→', tone: 'live' },
  move: { title: 'Move', words: 'gets another address in the state', sign: '↦', tone: 'live' },
  forget: { title: 'Forget', words: 'leaves the state and stays where it is', sign: '×', tone: 'mute' },
  read: { title: 'Read', words: 'is read during the apply', sign: '≤', tone: 'mute' },
};
export const ACTION_ORDER = Object.keys(ACTIONS) as Action[];
export const actionFace = (action: Action): ActionFace => ACTIONS[action];
export const destroys = (action: string): boolean => action === 'delete' || action === 'replace';
