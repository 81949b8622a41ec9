/**
 * The gate between a plan and what it does: exactly this plan is approved, by its hash, by a person whose name is kept. What
 * destroys anything takes the environment's name, typed.
 */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { Button } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { fact, Hash } from '../ui/facts.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { duration } from '../ui/words.js';
import { ApproveDialog } from './approve-dialog.js';
import { changesNothing } from './statuses.js';
import { StartRunButton } from './start-run-button.js';
import classes from './approval-panel.module.css';

export function ApprovalPanel({ run }: { run: InfraRunView }) {
  const me = useQuery(meQuery);
  const [opened, setOpened] = useState(false);
  const now = useNow(run.applicable ? 1000 : null);
  const { summary, plan_hash: hash, plan_expires_at: until } = run;
  if (summary === null || hash === null || run.applied_by !== null) return null;
  const left = until === null ? null : Date.parse(until) - now;
  const mayWrite = may(me.data, 'infra:write');
  const destroys = summary.destroy > 0;
  const nothing = changesNothing(summary);
  return (
    <section
      className={classes.gate}
      data-tone={!run.applicable || nothing ? 'mute' : destroys ? 'bad' : 'live'}
      aria-label="Approval"
    >
      <div className={classes.words}>
        <h2>
          <IconShieldCheck size={18} aria-hidden />
          {nothing
            ? 'Nothing to approve'
            : !run.applicable
              ? 'This plan can no longer be approved'
              : destroys
                ? `Approving this destroys ${summary.destroy} ${summary.destroy === 1 ? 'resource' : 'resources'}`
                : 'Waiting for approval'}
        </h2>
        <p>
          {nothing
            ? 'What is there is what is wanted.'
            : run.applicable
              ? 'Nothing has been changed yet. The approval is for exactly this plan and is kept with your name.'
              : whyNot(run.plan_state)}
        </p>
        <dl className={classes.facts}>
          <div>
            <dt>Planned by</dt>
            <dd>
              {run.created_by}{' '}
              <span className={fact.dim}>
                <TimeAgo at={run.created_at} />
              </span>
            </dd>
          </div>
          <div>
            <dt>Plan hash</dt>
            <dd>
              <Hash full={hash} short={hash.slice(0, 12)} what="plan hash" />
            </dd>
          </div>
          {run.applicable && left !== null && (
            <div>
              <dt>Good for</dt>
              <dd className={fact.tabular}>{left <= 0 ? 'no longer' : duration(left)}</dd>
            </div>
          )}
        </dl>
      </div>
      <div className={classes.deed}>
        {run.applicable && !nothing && mayWrite && (
          <Button
            size="md"
            {...(destroys ? { color: 'vermilion' } : {})}
            leftSection={<IconShieldCheck size={18} />}
            onClick={() => setOpened(true)}
          >
            {destroys ? 'Approve and destroy …' : 'Approve and apply …'}
          </Button>
        )}
        {run.applicable && !nothing && !mayWrite && (
          <span className={fact.dim}>Your role may not approve: it needs infra:write.</span>
        )}
        {!run.applicable && !nothing && mayWrite && (
          <StartRunButton
            environment={run.environment}
            body={{
              kind: run.kind === 'destroy' ? 'destroy' : 'plan',
              ...(run.from_version === null ? {} : { version: run.from_version }),
            }}
            label="Plan again"
          />
        )}
      </div>
      {opened && <ApproveDialog run={run} summary={summary} hash={hash} onClose={() => setOpened(false)} />}
    </section>
  );
}

const whyNot = (state: InfraRunView['plan_state']): string =>
  state === 'expired'
    ? 'It was good for a while only, so that nobody approves what is long past. Plan again.'
    : 'The environment was changed, or another plan was applied, since it was made. Plan again.';
