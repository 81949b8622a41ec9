/** What to ask for, and what is done to it meanwhile: at random, or so that a certain transition comes by. */
import type { DeploymentState } from '@aws-deployer/platform/contracts/deployments';
import type { Random } from './random.js';
import { SAMPLE_KINDS, type SampleKind } from './samples.js';
import { CHANGING, type Transition } from './transitions.js';

export interface Plan {
  readonly kind: SampleKind;
  /** The state in which somebody cancels it, or changes its workload. */
  readonly meddleIn: DeploymentState;
  /** Milliseconds from that state until they do. */
  readonly meddleAfterMs: number;
  /** Fetched from Git and built slowly, where the kind leaves the choice. */
  readonly slowly: boolean;
}

const CANCEL_IN: readonly DeploymentState[] = ['initialized', 'validating', 'preparing', 'building', ...CHANGING];
const AFTER_MS = 400;
/** Of a wanted transition, by what is begun so that it fails there. */
const FAILING: Readonly<Partial<Record<DeploymentState, SampleKind>>> = {
  validation_failed: 'invalid',
  preparation_failed: 'unfetchable',
  build_failed: 'unbuildable',
  deployment_failed: 'crashing',
  testing_failed: 'failing_test',
  unstable: 'unstable',
  rollback_failed: 'unrestorable',
};

export function anyPlan(random: Random): Plan {
  const kinds = Object.entries(SAMPLE_KINDS) as [SampleKind, number][];
  const kind = random.pick(kinds.flatMap(([name, weight]) => Array<SampleKind>(weight).fill(name)));
  const plan = { kind, meddleAfterMs: random.between(0, AFTER_MS), slowly: random.chance(0.5) };
  return { ...plan, meddleIn: random.pick(kind === 'tampered' ? CHANGING : CANCEL_IN) };
}

/** One that passes through `wanted` if nothing comes in between; most transitions are on everybody's way. */
export function planFor({ from, to }: Transition, random: Random): Plan {
  const any = anyPlan(random);
  const meddled = (kind: SampleKind, meddleIn: DeploymentState): Plan => ({
    kind,
    meddleIn,
    meddleAfterMs: 0,
    slowly: meddleIn === 'preparing' || meddleIn === 'building',
  });
  if (from === null) return any;
  if (to === 'superseded') return meddled('tampered', from);
  if (to === 'cancelled') return meddled('cancelled', from === 'rolling_back' ? random.pick(CHANGING) : from);
  if (to === 'rolling_back' && CHANGING.includes(from)) return meddled('cancelled', from);
  const kind = FAILING[to] ?? FAILING[from] ?? (to === 'rolled_back' ? 'failing_test' : undefined);
  return kind === undefined ? any : { ...any, kind };
}
