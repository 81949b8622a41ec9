/** The last look before a plan is carried out. */
import type { InfraRunView, PlanSummaryView } from '@aws-deployer/platform/contracts/infra';
import { TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { applyInfraPlan, infraRunKey } from '../api/infra.js';
import { useSubmit } from '../api/submission.js';
import { Notice } from '../ui/feedback.js';
import { FormDialog } from '../ui/form-dialog.js';
import { count } from '../ui/words.js';
import { PlanCountsInline } from './plan-counts.js';
import { costChange } from './cost-words.js';
import { destroys } from './statuses.js';
import { sweptWords } from './sweep-panel.js';
import classes from './approve-dialog.module.css';

const NAMED = 8;

export interface ApproveDialogProps {
  readonly run: InfraRunView;
  readonly summary: PlanSummaryView;
  readonly hash: string;
  readonly onClose: () => void;
}

export function ApproveDialog({ run, summary, hash, onClose }: ApproveDialogProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [word, setWord] = useState('');
  const lost = summary.changes.filter(({ action }) => destroys(action));
  const danger = summary.destroy > 0;
  const swept = sweptWords(run.sweep);
  const apply = useSubmit(applyInfraPlan, {
    onDone: (view) => {
      client.setQueryData(infraRunKey(view.id), view);
      void client.invalidateQueries({ queryKey: ['infra'] });
      void navigate({ to: '/infrastructure/runs/$id', params: { id: view.id } });
    },
  });
  return (
    <FormDialog
      title={`${danger ? 'Approve and destroy in' : 'Apply to'} ${run.environment}`}
      submit={danger ? 'Approve and destroy' : 'Approve and apply'}
      busy={apply.isPending}
      danger={danger}
      disabled={danger && word !== run.environment}
      general={apply.error?.message ?? null}
      onSubmit={() => apply.mutate({ plan: run.id, hash })}
      onClose={onClose}
    >
      <p className={classes.line}>
        <PlanCountsInline summary={summary} />
        {run.cost !== null && <span>cost {costChange(run.cost)} a month</span>}
        <code title={hash}>plan {hash.slice(0, 12)}</code>
      </p>
      {danger ? (
        <>
          <Notice
            tone="bad"
            title={`${count(summary.destroy, 'resource')} will be destroyed, with what ${summary.destroy === 1 ? 'it holds' : 'they hold'}`}
          >
            <ul className={classes.lost}>
              {lost.slice(0, NAMED).map(({ address, action }) => (
                <li key={address}>
                  <code>{address}</code>
                  {action === 'replace' && <span> made anew</span>}
                </li>
              ))}
            </ul>
            {summary.destroy > NAMED && <span>and {summary.destroy - Math.min(lost.length, NAMED)} more</span>}
            {swept !== null && (
              <p className={classes.swept}>With them go {swept}: load balancers, volumes and the like.</p>
            )}
          </Notice>
          <TextInput
            label={
              <>
                Type <code>{run.environment}</code> to go on
              </>
            }
            data-autofocus
            autoComplete="off"
            value={word}
            onChange={(event) => setWord(event.currentTarget.value)}
          />
        </>
      ) : (
        <p className={classes.text}>
          Terraform carries out this plan and no other. You can watch each resource, and end it in order at any time;
          what was made by then stays and is known.
        </p>
      )}
    </FormDialog>
  );
}
