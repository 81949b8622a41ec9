/** The build queue of each account: how many may run, what waits, why, and when it will start; the teams' shares. */
import type { BuildQueueView } from '@aws-deployer/platform/contracts/builds';
import { IconHourglassEmpty } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { buildQueueQuery } from '../api/builds.js';
import { Empty, LoadingPanel, Problem } from '../ui/feedback.js';
import { DataTable } from '../ui/list-panel.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { clock, count, duration } from '../ui/words.js';
import { BuildsTabs } from './builds-tabs.js';
import { TeamWeightsPanel } from './team-weights-panel.js';
import classes from './queue-page.module.css';

type Queue = BuildQueueView['queues'][number];
type Waiting = Queue['waiting'][number];

export function QueuePage() {
  const query = useQuery({
    ...buildQueueQuery,
    refetchInterval: ({ state }) => (state.data?.queues.some(({ waiting }) => waiting.length > 0) ? 3_000 : 10_000),
  });
  const queues = query.data?.queues ?? [];
  return (
    <Page
      title="Build queue"
      lead="Builds wait here, not in errors of AWS: every team gets its share of what an account may run at once."
    >
      <BuildsTabs />
      {query.isPending && <LoadingPanel height={220} label="Loading the queue" />}
      {query.error && !query.data && (
        <Problem error={query.error} what="The queue" onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && queues.length === 0 && (
        <Panel flush>
          <Empty icon={<IconHourglassEmpty size={38} stroke={1.3} />} title="Nothing runs or waits">
            A build that is started now begins at once.
          </Empty>
        </Panel>
      )}
      {queues.map((queue) => (
        <QueuePanel key={`${queue.account}/${queue.region}`} queue={queue} />
      ))}
      <TeamWeightsPanel />
    </Page>
  );
}

function QueuePanel({ queue }: { queue: Queue }) {
  const full = queue.running >= queue.limit;
  return (
    <Panel title={queue.account} note={queue.region} flush>
      <div className={classes.load}>
        <div
          className={classes.meter}
          data-tone={full ? 'warn' : 'good'}
          role="meter"
          aria-label={`Builds running in ${queue.account}`}
          aria-valuemin={0}
          aria-valuemax={queue.limit}
          aria-valuenow={queue.running}
        >
          <span style={{ width: `${Math.min(100, (queue.running / Math.max(1, queue.limit)) * 100)}%` }} />
        </div>
        <p className={classes.words}>
          <b>
            {queue.running} of {queue.limit}
          </b>{' '}
          run, <b>{queue.waiting.length}</b> {queue.waiting.length === 1 ? 'waits' : 'wait'}
          <span className={cell.dim}> {queue.limit_reason}</span>
        </p>
      </div>
      {queue.waiting.length > 0 && (
        <DataTable<Waiting>
          label={`${count(queue.waiting.length, 'waiting build')} of ${queue.account}`}
          items={queue.waiting}
          rowKey={({ id }) => id}
          columns={[
            { name: 'Place', render: ({ queue: place }) => <b>{place.position}</b> },
            {
              name: 'Build',
              className: cell.nowrap,
              render: ({ id, project, number }) => (
                <Link to="/builds/$id" params={{ id }} className={classes.build ?? ''}>
                  {project} <span className={cell.dim}>#{number}</span>
                </Link>
              ),
            },
            { name: 'Team', labelled: true, render: ({ team }) => team },
            { name: 'Waits for', wide: true, render: ({ queue: place }) => place.reason },
            {
              name: 'Starts',
              labelled: true,
              className: cell.nowrap,
              render: ({ queue: place }) => <Starts at={place.estimated_start_at} />,
            },
            {
              name: 'Asked for',
              className: `${cell.dim} ${cell.nowrap}`,
              render: ({ created_at: at, created_by: who }) => (
                <>
                  <TimeAgo at={at} /> by {who}
                </>
              ),
            },
          ]}
        />
      )}
    </Panel>
  );
}

function Starts({ at }: { at: string | null }) {
  const now = useNow(at === null ? null : 1000);
  if (at === null) return <span className={cell.dim}>not known yet</span>;
  const wait = Date.parse(at) - now;
  return <span title={`about ${clock(at)}`}>{wait <= 0 ? 'any moment' : `in about ${duration(wait)}`}</span>;
}
