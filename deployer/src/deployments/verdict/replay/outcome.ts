/** What is printed of a replayed rollout: the verdict that stands at its end, and since when. Pure. */
import type { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { Replayed, Said } from './replay.js';

export interface OutcomeLine {
  readonly slug: string;
  readonly fault: 'release' | 'platform' | 'transient' | 'none';
  /** `none` where nothing was said. */
  readonly code: string;
  /** When it was first said, in milliseconds since the release began; null where nothing was. */
  readonly at_ms: number | null;
  readonly evidence: {
    readonly object: string | null;
    readonly container: string | null;
    readonly reason: string;
    readonly suggestion: string;
    readonly exit_code: number | null;
    readonly log_lines: readonly string[];
    readonly events: readonly string[];
  } | null;
}

const evidenceOf = ({ object, container, reason, suggestion, evidence }: VerdictView): OutcomeLine['evidence'] => ({
  object,
  container,
  reason,
  suggestion,
  ...evidence,
});
/** The wire of the replay knows no `unknown`: what nobody can be blamed for is nobody's. */
const faultOf = ({ fault }: VerdictView): OutcomeLine['fault'] => (fault === 'unknown' ? 'none' : fault);

/** A trouble is often said in rough words first and by its name later; it was said when its fault was, without a break, or when its name first was. */
const firstSaid = (said: readonly Said[], verdict: VerdictView): number => {
  const named = said.findIndex((step) => step.verdict?.code === verdict.code);
  const last = said.findLastIndex((step) => step.verdict?.code === verdict.code);
  let began = last;
  while (began > 0 && said[began - 1]?.verdict?.fault === verdict.fault) began -= 1;
  return Math.min(said[named]?.at ?? 0, said[began]?.at ?? 0);
};

export const outcomeOf = (slug: string, replayed: Replayed): OutcomeLine => {
  const { said, acted, superseded } = replayed;
  const line = (verdict: VerdictView, at: number, fault = faultOf(verdict)): OutcomeLine => ({
    slug,
    fault,
    code: verdict.code,
    at_ms: Math.round(at),
    evidence: evidenceOf(verdict),
  });
  if (superseded && (acted === undefined || acted.at > superseded.at))
    return line(superseded.verdict, superseded.at, 'none');
  // Once it was given up, what somebody did afterwards is no longer about it.
  const givenUp = superseded && said.findLast(({ verdict }) => verdict?.fault === 'release')?.verdict;
  const standing = givenUp ?? said.at(-1)?.verdict;
  if (standing && standing.fault !== 'none') return line(standing, firstSaid(said, standing));
  // Withdrawn: it ended by itself. What was only worth a remark says nothing about that.
  const withdrawn = said.findLast(({ verdict }) => verdict !== undefined && verdict.fault !== 'none')?.verdict;
  if (withdrawn) return line(withdrawn, firstSaid(said, withdrawn), 'transient');
  const remark = said.findLast(({ verdict }) => verdict !== undefined)?.verdict;
  if (remark) return line(remark, firstSaid(said, remark), 'none');
  return { slug, fault: 'none', code: 'none', at_ms: null, evidence: null };
};
