/** On a deployment's page: what its preflight warned of, and what it changes. Asked for once its preparation is over. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { diffQuery } from '../api/deployments.js';
import { LoadingPanel, Problem } from '../ui/feedback.js';
import { FoldPanel } from '../ui/fold-panel.js';
import { Panel } from '../ui/panel.js';
import { CheckList } from './check-list.js';
import { DiffList } from './diff-list.js';

export function DeploymentWarnings({ deployment }: { deployment: DeploymentView }) {
  if (deployment.warnings.length === 0) return null;
  return (
    <Panel title="Warnings" note="of the preflight; they did not stop it">
      <CheckList checks={deployment.warnings} />
    </Panel>
  );
}

const LOOKED_AHEAD: readonly string[] = ['building', 'deploying', 'testing', 'monitoring', 'stable'];

export function DeploymentChanges({ deployment }: { deployment: DeploymentView }) {
  const [open, setOpen] = useState(false);
  const [against, setAgainst] = useState<'recorded' | 'live'>('recorded');
  const prepared = deployment.stages.some(({ name, outcome }) => name === 'preparing' && outcome !== null);
  if (!prepared && !LOOKED_AHEAD.includes(deployment.state)) return null;
  return (
    <FoldPanel
      title="Changes"
      note="What it changes in the cluster, field by field. Defaults of the server are left out, secrets are masked."
      open={open}
      onToggle={() => setOpen(!open)}
    >
      {open && (
        <>
          {deployment.release_id !== null && (
            <SegmentedControl
              size="xs"
              mb={12}
              aria-label="Compare with"
              value={against}
              onChange={(value) => setAgainst(value === 'live' ? 'live' : 'recorded')}
              data={[
                { value: 'recorded', label: 'When it was applied' },
                { value: 'live', label: 'If applied again now' },
              ]}
            />
          )}
          {/* The image becomes known on the way: another question then. */}
          <Changes id={deployment.id} against={against} digest={deployment.release_id} />
        </>
      )}
    </FoldPanel>
  );
}

function Changes({ id, against, digest }: { id: string; against: 'recorded' | 'live'; digest: string | null }) {
  const { data, error, refetch } = useQuery(diffQuery(id, against, digest));
  if (error) return <Problem error={error} what="What it changes" onRetry={() => void refetch()} />;
  if (!data) return <LoadingPanel height={120} label="Loading what it changes" />;
  return <DiffList diff={data} />;
}
