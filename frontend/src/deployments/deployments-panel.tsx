/** A list of deployments with the filters its page wants; renews itself while anything in it moves. */
import type { DeploymentState, DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { Select } from '@mantine/core';
import { IconTimeline } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { deploymentsQuery, type DeploymentFilter } from '../api/deployments.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, LoadMore, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { duration, readable, shortCommit } from '../ui/words.js';
import { sourceWords } from './source-words.js';
import { StateBadge } from './state-badge.js';
import { ALL_STATES, faceOf, isEnded } from './states.js';
import { failureOf, wholeStory, whyOf } from './why.js';
import classes from './deployments-panel.module.css';

export interface DeploymentsPanelProps {
  readonly filter: DeploymentFilter;
  readonly title?: string;
  readonly filters?: readonly 'state'[];
  readonly tools?: ReactNode;
  readonly emptyText?: string;
}

export function DeploymentsPanel({ filter, title, filters = [], tools, emptyText }: DeploymentsPanelProps) {
  const [state, setState] = useState<DeploymentState | undefined>(undefined);
  const withState = filters.includes('state');
  const list = useInfiniteQuery({
    ...deploymentsQuery(withState ? { ...filter, state } : filter, withState ? 10 : 20),
    placeholderData: (before) => before,
    refetchInterval: ({ state: { data } }) =>
      data?.pages.some((page) => page.items.some((item) => !isEnded(item.state))) ? 3_000 : 15_000,
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const ofOne = filter.application !== undefined;
  return (
    <Panel
      {...(title === undefined ? {} : { title })}
      flush
      tools={
        <>
          {tools}
          {withState && <StateSelect value={state} onChange={setState} />}
        </>
      }
    >
      {list.isPending && <LoadingRows rows={5} label="Loading the deployments" />}
      {list.error && !list.data && (
        <Problem error={list.error} what="The deployments" onRetry={() => void list.refetch()} />
      )}
      {list.isSuccess && items.length === 0 && (
        <Empty icon={<IconTimeline size={36} stroke={1.3} />} title="No deployments">
          {emptyText ?? 'None match.'}
        </Empty>
      )}
      {items.length > 0 && (
        <Table label="Deployments">
          <thead>
            <tr>
              <th>State</th>
              <th>Because</th>
              {!ofOne && <th>Application</th>}
              <th>Environment</th>
              <th>Source</th>
              <th className={cell.right}>Took</th>
              <th>Started</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Row key={item.id} deployment={item} withApplication={!ofOne} />
            ))}
          </tbody>
        </Table>
      )}
      <LoadMore hasMore={list.hasNextPage} loading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
    </Panel>
  );
}

export function StateSelect(props: {
  value: DeploymentState | undefined;
  onChange: (state: DeploymentState | undefined) => void;
}) {
  return (
    <Select
      aria-label="State"
      size="xs"
      w={170}
      data={[{ value: '', label: 'Any state' }, ...ALL_STATES.map((value) => ({ value, label: faceOf(value).label }))]}
      value={props.value ?? ''}
      onChange={(value) => props.onChange(value === '' || value === null ? undefined : value)}
    />
  );
}

function Row({ deployment, withApplication }: { deployment: DeploymentView; withApplication: boolean }) {
  const source = sourceWords(deployment.source);
  const told = { ...deployment, failure: failureOf(deployment) };
  const end = deployment.ended_at === null ? null : Date.parse(deployment.ended_at);
  return (
    <tr>
      <td>
        <Link to="/deployments/$id" params={{ id: deployment.id }} className={classes.badge ?? ''}>
          <StateBadge state={deployment.state} />
        </Link>
      </td>
      <td data-wide className={classes.reason} title={wholeStory(told)}>
        <Link to="/deployments/$id" params={{ id: deployment.id }} tabIndex={-1}>
          {readable(whyOf(told))}
        </Link>
      </td>
      {withApplication && (
        <td>
          <Link to="/applications/$name" params={{ name: deployment.application }} className={classes.name ?? ''}>
            {deployment.application}
          </Link>
        </td>
      )}
      <td>{deployment.environment}</td>
      <td className={cell.nowrap}>
        <span className={classes.source} title={source.text}>
          {deployment.rollback_of === null ? source.text : 'restored release'}
        </span>
        {deployment.commit !== null && (
          <code className={`${cell.mono} ${cell.dim} ${cell.nowrap}`}> {shortCommit(deployment.commit)}</code>
        )}
      </td>
      <td className={`${cell.right} ${cell.nowrap}`}>
        {end === null ? '' : duration(end - Date.parse(deployment.created_at))}
      </td>
      <td className={`${cell.dim} ${cell.nowrap}`}>
        <TimeAgo at={deployment.created_at} /> by {deployment.created_by}
      </td>
    </tr>
  );
}
