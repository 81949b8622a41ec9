/** A list of runs; renews itself while anything in it moves. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { IconTimeline } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { infraRunsQuery, type RunFilter } from '../api/infra.js';
import { itemsOf } from '../api/pages.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel, type Column } from '../ui/list-panel.js';
import { StatusBadge } from '../ui/status-badge.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { capital, duration } from '../ui/words.js';
import { PlanCountsInline } from './plan-counts.js';
import { isRunEnded, kindLabel, phaseLabel, runFace } from './statuses.js';
import classes from './runs-panel.module.css';

export interface RunsPanelProps {
  readonly filter: RunFilter;
  readonly title?: string;
  readonly tools?: ReactNode;
  readonly limit?: number;
  readonly empty?: ReactNode;
}

export function RunsPanel({ filter, title, tools, limit = 20, empty }: RunsPanelProps) {
  const list = useInfiniteQuery({
    ...infraRunsQuery(filter, limit),
    placeholderData: (before) => before,
    refetchInterval: ({ state: { data } }) =>
      itemsOf(data).some(({ status }) => !isRunEnded(status)) ? 3_000 : 15_000,
  });
  const columns: Column<InfraRunView>[] = [
    {
      name: 'Status',
      className: cell.nowrap,
      render: (run) => (
        <Link to="/infrastructure/runs/$id" params={{ id: run.id }} className={classes.badge ?? ''}>
          <StatusBadge face={runFace(run)} state={run.status} />
        </Link>
      ),
    },
    {
      name: 'Run',
      className: cell.nowrap,
      render: (run) => (
        <Link to="/infrastructure/runs/$id" params={{ id: run.id }} className={classes.name ?? ''}>
          {filter.environment === undefined && <b>{run.environment} </b>}
          {kindLabel(run.kind)}
        </Link>
      ),
    },
    {
      name: 'Changes',
      className: cell.nowrap,
      render: ({ summary, resources }) =>
        summary !== null ? (
          <PlanCountsInline summary={summary} />
        ) : resources !== null ? (
          <span className={cell.dim}>
            {resources.done} of {resources.total} done{resources.failed > 0 && `, ${resources.failed} failed`}
          </span>
        ) : null,
    },
    {
      name: 'What it says',
      wide: true,
      className: classes.reason,
      render: (run) => (
        <Link to="/infrastructure/runs/$id" params={{ id: run.id }} tabIndex={-1} title={sentenceOf(run)}>
          {sentenceOf(run)}
        </Link>
      ),
    },
    { name: 'Took', right: true, className: cell.nowrap, render: tookWords },
    {
      name: 'Started',
      className: `${cell.dim} ${cell.nowrap}`,
      render: ({ created_at: at, created_by: who }) => (
        <>
          <TimeAgo at={at} /> by {who}
        </>
      ),
    },
  ];
  return (
    <ListPanel
      {...(title === undefined ? {} : { title })}
      tools={tools}
      what="runs"
      label="Runs"
      query={list}
      items={itemsOf(list.data)}
      columns={columns}
      rowKey={({ id }) => id}
      empty={
        empty ?? (
          <Empty icon={<IconTimeline size={36} stroke={1.3} />} title="No runs">
            None match.
          </Empty>
        )
      }
    />
  );
}

function sentenceOf({ failure, status, phase, reason, made_version: made }: InfraRunView): string {
  if (failure !== null) return failure.message;
  if (status === 'running' && phase !== null) return `${phaseLabel(phase)} …`;
  return capital(made === null ? reason : `${reason}, version ${made}`);
}

const tookWords = ({ started_at: from, ended_at: to }: InfraRunView): string =>
  from === null || to === null ? '' : duration(Date.parse(to) - Date.parse(from));
