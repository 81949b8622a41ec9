/** What a person can do with a run: end it in order, or go on after it did not come to its end. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { IconPlayerStop, IconRotateClockwise } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelInfraRun, infraRunKey } from '../api/infra.js';
import { may, meQuery } from '../api/session.js';
import { ConfirmButton } from '../ui/confirm.js';
import { isRunEnded } from './statuses.js';
import { ResumeButton } from './start-run-button.js';

export function RunActions({ run }: { run: InfraRunView }) {
  const client = useQueryClient();
  const me = useQuery(meQuery);
  if (!may(me.data, 'infra:write')) return null;
  const renew = () => void client.invalidateQueries({ queryKey: infraRunKey(run.id) });
  if (!isRunEnded(run.status))
    return (
      <ConfirmButton
        place="page"
        verb="Cancel"
        what="this run"
        icon={<IconPlayerStop size={16} />}
        consequence={
          run.kind === 'apply'
            ? 'Terraform finishes what it has begun and ends in order. What is made by then stays and is in the state; the environment is incomplete until the rest is planned and applied.'
            : 'Nothing was changed, and nothing will be.'
        }
        act={() => cancelInfraRun(run.id)}
        onDone={renew}
      />
    );
  const resumable = run.status === 'failed' || run.status === 'interrupted' || run.status === 'cancelled';
  return resumable ? <ResumeButton run={run} leftSection={<IconRotateClockwise size={16} />} /> : null;
}
