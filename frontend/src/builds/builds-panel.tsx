/** A list of builds; renews itself while anything in it moves. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { Checkbox } from '@mantine/core';
import { IconHammer } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { buildsQuery, type BuildFilter } from '../api/builds.js';
import { itemsOf } from '../api/pages.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel, type Column } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { duration, readable, shortCommit } from '../ui/words.js';
import { BuildBadge } from './build-badge.js';
import { isBuildEnded, phaseLabel } from './statuses.js';
import classes from './builds-panel.module.css';

export interface BuildsPanelProps {
  readonly filter: BuildFilter;
  readonly title?: string;
  readonly tools?: ReactNode;
  readonly limit?: number;
  readonly empty?: ReactNode;
  /** Ids picked to be compared; absent: nothing can be picked. */
  readonly picked?: readonly string[];
  readonly onPick?: (picked: string[]) => void;
}

export function BuildsPanel({ filter, title, tools, limit = 20, empty, picked, onPick }: BuildsPanelProps) {
  const list = useInfiniteQuery({
    ...buildsQuery(filter, limit),
    placeholderData: (before) => before,
    refetchInterval: ({ state: { data } }) =>
      itemsOf(data).some(({ status }) => !isBuildEnded(status)) ? 3_000 : 15_000,
  });
  const pick = (id: string, on: boolean) =>
    // Two are compared: the third pick lets the first go.
    onPick?.(on ? [...(picked ?? []), id].slice(-2) : (picked ?? []).filter((each) => each !== id));
  const columns: Column<BuildView>[] = [
    {
      name: 'Compare',
      hidden: picked === undefined,
      render: ({ id, project, number }) => (
        <Checkbox
          size="xs"
          aria-label={`Compare build ${number} of ${project}`}
          checked={picked?.includes(id) ?? false}
          onChange={(event) => pick(id, event.currentTarget.checked)}
        />
      ),
    },
    {
      name: 'Status',
      render: ({ id, status }) => (
        <Link to="/builds/$id" params={{ id }} className={classes.badge ?? ''}>
          <BuildBadge status={status} />
        </Link>
      ),
    },
    {
      name: 'Build',
      className: cell.nowrap,
      render: ({ id, project, number }) => (
        <Link to="/builds/$id" params={{ id }} className={classes.name ?? ''}>
          {filter.project === undefined && <span className={classes.project}>{project}</span>}
          <span className={classes.number}>#{number}</span>
        </Link>
      ),
    },
    {
      name: 'Because',
      wide: true,
      className: classes.reason,
      render: (build) => (
        <Link to="/builds/$id" params={{ id: build.id }} tabIndex={-1} title={sentenceOf(build)}>
          {readable(sentenceOf(build))}
        </Link>
      ),
    },
    {
      name: 'Source',
      className: `${cell.mono} ${cell.nowrap}`,
      render: ({ source_version: version, resolved_commit: commit }) => (
        <span className={classes.source} title={commit ?? version ?? ''}>
          {version ?? <span className={cell.dim}>default</span>}
          {commit !== null && commit !== version && <span className={cell.dim}> {shortCommit(commit)}</span>}
        </span>
      ),
    },
    {
      name: 'Took',
      right: true,
      className: cell.nowrap,
      render: ({ duration_seconds: seconds }) => (seconds === null ? '' : duration(seconds * 1000)),
    },
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
      what="builds"
      label="Builds"
      query={list}
      items={itemsOf(list.data)}
      columns={columns}
      rowKey={({ id }) => id}
      empty={
        empty ?? (
          <Empty icon={<IconHammer size={36} stroke={1.3} />} title="No builds">
            None match.
          </Empty>
        )
      }
    />
  );
}

/** What to know of a build in one line: why it failed, where it waits, else what the server says. */
function sentenceOf(build: BuildView): string {
  if (build.failure) {
    const { phase, message } = build.failure;
    return phase === null ? message : `${phaseLabel(phase)}: ${message}`;
  }
  if (build.queue) return `Place ${build.queue.position} in the queue. ${build.queue.reason}`;
  if (!isBuildEnded(build.status) && build.phase !== null) return phaseLabel(build.phase);
  return build.status_reason;
}
