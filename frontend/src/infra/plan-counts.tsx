/** A plan in four numbers: what it adds, changes and destroys, and what that does to the bill. */
import type { CostView, PlanSummaryView } from '@aws-deployer/platform/contracts/infra';
import type { Tone } from '../ui/tone.js';
import { money } from '../ui/words.js';
import { costChange } from './cost-words.js';
import classes from './plan-counts.module.css';

export function PlanCounts({ summary, cost }: { summary: PlanSummaryView; cost: CostView | null }) {
  const delta = cost === null ? 0 : cost.monthly_after - cost.monthly_before;
  return (
    <dl className={classes.counts} aria-label="The plan in numbers">
      <Count sign="+" value={summary.add} words="to add" tone="good" />
      <Count sign="~" value={summary.change} words="to change" tone="warn" />
      <Count sign="−" value={summary.destroy} words="to destroy" tone="bad" />
      {cost !== null && (
        <div className={classes.count} data-tone={delta > 0 ? 'warn' : 'mute'} data-none={delta === 0}>
          <dt>a month, {costChange(cost)}</dt>
          <dd>{money(cost.monthly_after)}</dd>
        </div>
      )}
    </dl>
  );
}

function Count({ sign, value, words, tone }: { sign: string; value: number; words: string; tone: Tone }) {
  return (
    <div className={classes.count} data-tone={tone} data-none={value === 0}>
      <dt>{words}</dt>
      <dd>
        <span aria-hidden>{sign}</span>
        {value}
      </dd>
    </div>
  );
}

/** The same on one line of a list. */
export function PlanCountsInline({ summary }: { summary: PlanSummaryView }) {
  const { add, change, destroy } = summary;
  return (
    <span className={classes.inline}>
      <span data-tone="good" data-none={add === 0} title={`${add} to add`}>
        +{add}
      </span>
      <span data-tone="warn" data-none={change === 0} title={`${change} to change`}>
        ~{change}
      </span>
      <span data-tone="bad" data-none={destroy === 0} title={`${destroy} to destroy`}>
        −{destroy}
      </span>
    </span>
  );
}
