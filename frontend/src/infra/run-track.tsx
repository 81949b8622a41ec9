/** Plan, approval, apply: the way of a change, where this run stands on it, and a link to the other half. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { IconCheck, IconShieldCheck, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { infraRunQuery } from '../api/infra.js';
import { TimeAgo } from '../ui/time-ago.js';
import type { Tone } from '../ui/tone.js';
import { changesNothing, isRunEnded, phaseLabel, plainRunFace } from './statuses.js';
import classes from './run-track.module.css';

export function RunTrack({ run }: { run: InfraRunView }) {
  const otherId = run.kind === 'apply' ? run.plan_run : run.applied_by;
  const other = useQuery({
    ...infraRunQuery(otherId ?? ''),
    enabled: otherId !== null,
    refetchInterval: ({ state: { data } }) => (data !== undefined && isRunEnded(data.status) ? false : 4_000),
  });
  if (run.kind === 'drift') return null;
  const plan = run.kind === 'apply' ? other.data : run;
  const apply = run.kind === 'apply' ? run : other.data;
  const planId = run.kind === 'apply' ? run.plan_run : run.id;
  return (
    <ol className={classes.track} aria-label="The way of this change">
      <Station
        title={plan?.kind === 'destroy' ? 'Destroy plan' : 'Plan'}
        tone={plan === undefined ? 'mute' : plainRunFace(plan.status).tone}
        mark={plan === undefined ? null : markOf(plan)}
        here={run.kind !== 'apply'}
        to={run.kind === 'apply' ? planId : null}
      >
        {plan && (
          <>
            {plan.reason === '' ? wordsOf(plan) : plan.reason} <small>planned by {plan.created_by}</small>
          </>
        )}
      </Station>
      <Station {...approvalOf(plan, apply)} here={false} to={null} />
      <Station
        title="Apply"
        tone={apply === undefined ? 'mute' : plainRunFace(apply.status).tone}
        mark={apply === undefined ? null : markOf(apply)}
        here={run.kind === 'apply'}
        to={run.kind === 'apply' ? null : (apply?.id ?? null)}
      >
        {apply === undefined
          ? 'not begun'
          : isRunEnded(apply.status) && apply.made_version !== null
            ? `made version ${apply.made_version}`
            : wordsOf(apply)}
      </Station>
    </ol>
  );
}

function approvalOf(
  plan: InfraRunView | undefined,
  apply: InfraRunView | undefined,
): { title: string; tone: Tone; mark: ReactNode; children: ReactNode } {
  const title = 'Approval';
  if (apply)
    return {
      title,
      tone: 'good',
      mark: <IconShieldCheck size={14} />,
      children: (
        <>
          by {apply.created_by}{' '}
          <small>
            <TimeAgo at={apply.created_at} />
          </small>
        </>
      ),
    };
  if (plan === undefined || plan.status !== 'succeeded' || plan.summary === null)
    return { title, tone: 'mute', mark: null, children: 'after the plan' };
  if (changesNothing(plan.summary)) return { title, tone: 'mute', mark: null, children: 'nothing to approve' };
  return plan.applicable
    ? { title, tone: 'warn', mark: null, children: 'waits for a person' }
    : { title, tone: 'mute', mark: null, children: 'no longer possible' };
}

const wordsOf = ({ status, phase }: InfraRunView): string =>
  status === 'running' && phase !== null ? phaseLabel(phase) : plainRunFace(status).label.toLowerCase();

function markOf({ status }: InfraRunView): ReactNode {
  if (status === 'succeeded') return <IconCheck size={14} />;
  return isRunEnded(status) ? <IconX size={14} /> : <span className={classes.turning} />;
}

interface StationProps {
  readonly title: string;
  readonly tone: Tone;
  readonly mark: ReactNode;
  readonly here: boolean;
  readonly to: string | null;
  readonly children: ReactNode;
}
function Station({ title, tone, mark, here, to, children }: StationProps) {
  return (
    <li className={classes.station} data-tone={tone} data-here={here} {...(here ? { 'aria-current': 'step' } : {})}>
      <span className={classes.mark} aria-hidden>
        {mark}
      </span>
      <span className={classes.words}>
        <b>
          {to === null ? (
            title
          ) : (
            <Link to="/infrastructure/runs/$id" params={{ id: to }}>
              {title}
            </Link>
          )}
        </b>
        <span>{children}</span>
      </span>
    </li>
  );
}
