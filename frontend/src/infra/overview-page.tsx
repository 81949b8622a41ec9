/** An environment at a glance: what goes on or waits, how it stands, its lock, its last runs. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { IconArrowRight, IconTimeline } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { infraRunQuery, infraRunsQuery } from '../api/infra.js';
import { itemsOf } from '../api/pages.js';
import { may, meQuery } from '../api/session.js';
import { Empty, Notice } from '../ui/feedback.js';
import { fact, Fact, Facts } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';
import { TimeAgo } from '../ui/time-ago.js';
import { ChecksPanel } from './checks-panel.js';
import { useEnvironment } from './environment-context.js';
import { LockPanel } from './lock-panel.js';
import { MonthlyCost } from './monthly-cost.js';
import { PlanCountsInline } from './plan-counts.js';
import { RunMeter } from './run-meter.js';
import { RunsPanel } from './runs-panel.js';
import { ResumeButton } from './start-run-button.js';
import { changesNothing, driftFace, isRunEnded } from './statuses.js';
import { scheduleWords } from './drift-schedule.js';
import rows from './environments-page.module.css';

export function OverviewPage() {
  const environment = useEnvironment();
  return (
    <>
      <News environment={environment} />
      <LockPanel environment={environment} />
      {environment.status === 'empty' && environment.active_run === null && <ChecksPanel environment={environment} />}
      <EnvironmentFacts environment={environment} />
      <RunsPanel
        title="Last runs"
        filter={{ environment: environment.name }}
        limit={6}
        empty={
          <Empty icon={<IconTimeline size={36} stroke={1.3} />} title="Nothing was run yet">
            A plan shows what would be made, and changes nothing.
          </Empty>
        }
        tools={
          <Link to="/infrastructure/environments/$name/runs" params={{ name: environment.name }}>
            All runs
          </Link>
        }
      />
    </>
  );
}

/** What somebody should do or watch now. */
function News({ environment }: { environment: InfraEnvironmentView }) {
  const me = useQuery(meQuery);
  const active = useQuery({
    ...infraRunQuery(environment.active_run ?? ''),
    enabled: environment.active_run !== null,
    refetchInterval: 2_000,
  });
  const list = useInfiniteQuery({ ...infraRunsQuery({ environment: environment.name }, 6), refetchInterval: 10_000 });
  const runs = itemsOf(list.data);
  const waits = runs.find(({ applicable, summary }) => applicable && summary !== null && !changesNothing(summary));
  const stopped = runs.find(({ kind }) => kind === 'apply');
  const running = environment.active_run !== null && active.data && !isRunEnded(active.data.status);
  return (
    <>
      {running && active.data && <RunMeter run={active.data} />}
      {!running && waits?.summary && (
        <Link to="/infrastructure/runs/$id" params={{ id: waits.id }} className={rows.waits ?? ''}>
          A plan waits for approval <PlanCountsInline summary={waits.summary} />
          <IconArrowRight size={15} aria-hidden />
        </Link>
      )}
      {environment.status === 'incomplete' && !running && !waits && (
        <Notice tone="bad" title="The last apply did not come to its end">
          Part of what was planned is there, part is not. The state knows both.{' '}
          {stopped && (
            <Link to="/infrastructure/runs/$id" params={{ id: stopped.id }}>
              See where it stopped
            </Link>
          )}
          {stopped && isRunEnded(stopped.status) && stopped.status !== 'succeeded' && may(me.data, 'infra:write') && (
            <div style={{ marginTop: 10 }}>
              <ResumeButton run={stopped} size="xs" />
            </div>
          )}
        </Notice>
      )}
    </>
  );
}

function EnvironmentFacts({ environment }: { environment: InfraEnvironmentView }) {
  const {
    name,
    module,
    region,
    account,
    current_version: version,
    drift,
    created_by: who,
    created_at: at,
  } = environment;
  return (
    <Panel title="Environment" flush>
      <Facts>
        <Fact name="Module">
          <code>{module}</code>
        </Fact>
        <Fact name="Region">{region ?? <span className={fact.dim}>the module’s own</span>}</Fact>
        <Fact name="Account">{account ?? <span className={fact.dim}>none: no credentials</span>}</Fact>
        <Fact name="Version">
          {version === null ? (
            <span className={fact.dim}>nothing applied</span>
          ) : (
            <Link to="/infrastructure/environments/$name/versions" params={{ name }}>
              version {version}
            </Link>
          )}
        </Fact>
        <Fact name="Drift">
          <Link to="/infrastructure/environments/$name/drift" params={{ name }}>
            {driftFace(environment).label}
          </Link>
          {drift.checked_at !== null && (
            <span className={fact.dim}>
              <TimeAgo at={drift.checked_at} />
            </span>
          )}
        </Fact>
        <Fact name="Looks for drift">{scheduleWords(environment.drift_minutes)}</Fact>
        <Fact name="Monthly cost">
          <MonthlyCost environment={environment} />
        </Fact>
        <Fact name="Variables">
          <Link to="/infrastructure/environments/$name/settings" params={{ name }}>
            {Object.keys(environment.variables).length} set
          </Link>
        </Fact>
        <Fact name="Made by">
          {who}
          <span className={fact.dim}>
            <TimeAgo at={at} />
          </span>
        </Fact>
      </Facts>
    </Panel>
  );
}
