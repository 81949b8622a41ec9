/** Whether what is there is still what was applied: the last look, what it found, and when the next one comes. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { Select } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconRadar2 } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { infraEnvironmentKey, infraRunQuery, updateInfraEnvironment } from '../api/infra.js';
import { may, meQuery } from '../api/session.js';
import { Empty } from '../ui/feedback.js';
import { fact, Fact, Facts } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';
import { StatusBadge } from '../ui/status-badge.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { count, duration } from '../ui/words.js';
import { minutesOf, scheduleChoices, scheduleWords } from './drift-schedule.js';
import { useEnvironment } from './environment-context.js';
import { PlanChanges } from './plan-changes.js';
import { RunsPanel } from './runs-panel.js';
import { StartRunButton } from './start-run-button.js';
import { driftFace } from './statuses.js';

export function DriftPage() {
  const environment = useEnvironment();
  const { drift } = environment;
  const me = useQuery(meQuery);
  const found = useQuery({ ...infraRunQuery(drift.run_id ?? ''), enabled: drift.run_id !== null });
  const summary = drift.status === 'drifted' ? found.data?.summary : undefined;
  const mayWrite = may(me.data, 'infra:write');
  return (
    <>
      <Panel
        title="Drift"
        note="what was changed outside of Terraform since the last apply"
        flush
        tools={
          mayWrite && environment.current_version !== null ? (
            <StartRunButton environment={environment.name} body={{ kind: 'drift' }} label="Check now" size="xs" />
          ) : undefined
        }
      >
        <Facts>
          <Fact name="Last look">
            <StatusBadge face={driftFace(environment)} state={drift.status} />
          </Fact>
          <Fact name="Checked">
            {drift.checked_at === null ? (
              <span className={fact.dim}>never</span>
            ) : drift.run_id === null ? (
              <TimeAgo at={drift.checked_at} />
            ) : (
              <Link to="/infrastructure/runs/$id" params={{ id: drift.run_id }}>
                <TimeAgo at={drift.checked_at} />
              </Link>
            )}
          </Fact>
          <Fact name="Found">
            {drift.status === 'drifted' ? (
              `${count(drift.changes, 'resource')} differ`
            ) : (
              <span className={fact.dim}>nothing</span>
            )}
          </Fact>
          {drift.since !== null && (
            <Fact name="Drifted since">
              <TimeAgo at={drift.since} />
            </Fact>
          )}
          <Fact name="Next look">
            <NextLook at={drift.next_at} />
          </Fact>
          <Fact name="Schedule">
            {mayWrite ? <Schedule environment={environment} /> : scheduleWords(environment.drift_minutes)}
          </Fact>
        </Facts>
      </Panel>
      {summary && summary.drift.length > 0 && (
        <PlanChanges title="Changed outside of Terraform" note="before → as it was found" changes={summary.drift} />
      )}
      {summary && (
        <PlanChanges
          title="What would bring it back"
          note="plan and approve to do it"
          changes={summary.changes}
          more={summary.more_changes}
        />
      )}
      <RunsPanel
        title="Earlier looks"
        filter={{ environment: environment.name, kind: 'drift' }}
        limit={10}
        empty={
          <Empty icon={<IconRadar2 size={36} stroke={1.3} />} title="Nobody looked yet">
            {environment.current_version === null
              ? 'There is something to compare with once a first version is applied.'
              : 'A look compares what is there with what was applied, and changes nothing.'}
          </Empty>
        }
      />
    </>
  );
}

function NextLook({ at }: { at: string | null }) {
  const now = useNow(at === null ? null : 10_000);
  if (at === null) return <span className={fact.dim}>none planned</span>;
  const wait = Date.parse(at) - now;
  return <>{wait <= 0 ? 'any moment' : `in ${duration(wait)}`}</>;
}

function Schedule({ environment }: { environment: InfraEnvironmentView }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: updateInfraEnvironment,
    onSuccess: (view) => client.setQueryData(infraEnvironmentKey(view.name), view),
    onError: (error) =>
      notifications.show({ color: 'red', title: 'The schedule stays as it was', message: error.message }),
  });
  return (
    <Select
      aria-label="Looks for drift"
      size="xs"
      w={170}
      data={scheduleChoices(environment.drift_minutes)}
      value={String(environment.drift_minutes ?? '')}
      disabled={change.isPending}
      onChange={(value) =>
        value !== null && change.mutate({ name: environment.name, change: { drift_minutes: minutesOf(value) } })
      }
    />
  );
}
