/** What people and the platform do, as it happens. */
import type { ActivityItem } from '@aws-deployer/platform/contracts/activity';
import { Modal } from '@mantine/core';
import { IconActivity } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { activityKey, activityQuery, activityStreamPath, type RecordFilter } from '../api/records.js';
import { LiveMark } from '../live/live-mark.js';
import { parseObject } from '../live/parse-object.js';
import { useLive } from '../live/use-live.js';
import { passes, withLive, type Pages } from '../records/activity-merge.js';
import { JsonBlock } from '../records/json-block.js';
import { OutcomeMark } from '../records/outcome-mark.js';
import { Fact, Facts } from '../records/record-detail.js';
import { RecordFilters } from '../records/record-filters.js';
import { RecordTarget } from '../records/record-target.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { cell, LoadMore, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { duration, fullInstant } from '../ui/words.js';
import classes from '../records/records.module.css';

const route = getRouteApi('/signed-in/activity');
const given = (filter: RecordFilter) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''));

export function ActivityPage() {
  const filter: RecordFilter = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const [opened, setOpened] = useState<ActivityItem | null>(null);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  const list = useInfiniteQuery({ ...activityQuery(filter), placeholderData: (before) => before });
  const status = useLive(list.isSuccess ? activityStreamPath : null, ({ event, data }) => {
    const item = event === 'activity' ? (parseObject(data) as ActivityItem | null) : null;
    if (!item) return;
    const fits = passes(item, filter);
    if (fits === 'ask') void client.invalidateQueries({ queryKey: activityKey(filter) });
    if (fits !== true) return;
    setFresh((before) => new Set([...before].slice(-50)).add(item.id));
    client.setQueryData<Pages<ActivityItem>>(activityKey(filter), (before) => before && withLive(before, item));
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="Activity"
      lead="Everything people, tokens and the platform itself do, as it happens."
      actions={<LiveMark status={status} />}
    >
      <RecordFilters filter={filter} onChange={(next) => void navigate({ search: given(next), replace: true })} />
      {list.error && !list.data ? (
        <Problem error={list.error} what="The activity" onRetry={() => void list.refetch()} />
      ) : (
        <Panel flush>
          {list.isPending && <LoadingRows rows={8} label="Loading the activity" />}
          {list.isSuccess && items.length === 0 && !list.hasNextPage && (
            <Empty icon={<IconActivity size={36} stroke={1.3} />} title="Nothing here">
              No action matches these filters. New ones appear by themselves.
            </Empty>
          )}
          {items.length > 0 && (
            <Table label="Activity">
              <thead>
                <tr>
                  <th>Action</th>
                  <th>Who</th>
                  <th>About</th>
                  <th>Outcome</th>
                  <th className={cell.right}>Took</th>
                  <th>When</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.id} className={fresh.has(item.id) ? classes.fresh : undefined}>
                    <td data-wide>
                      <button type="button" className={classes.rowButton} onClick={() => setOpened(item)}>
                        {item.action_type}
                      </button>{' '}
                      <span className={cell.dim}>{item.service}</span>
                    </td>
                    <td>{item.user_id}</td>
                    <td>
                      <RecordTarget type={item.target_type} target={item.target} />
                    </td>
                    <td>
                      <OutcomeMark outcome={item.outcome} />
                    </td>
                    <td className={`${cell.right} ${cell.dim} ${cell.nowrap}`}>
                      {item.duration_ms === null ? '' : duration(item.duration_ms)}
                    </td>
                    <td className={`${cell.dim} ${cell.nowrap}`}>
                      <TimeAgo at={item.timestamp} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </Table>
          )}
          <LoadMore
            hasMore={list.hasNextPage}
            loading={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
          />
        </Panel>
      )}
      <Modal opened={opened !== null} onClose={() => setOpened(null)} title={opened?.action_type} size="lg">
        {opened && <Detail item={opened} />}
      </Modal>
    </Page>
  );
}

function Detail({ item }: { item: ActivityItem }) {
  return (
    <>
      <Facts>
        <Fact name="When" value={fullInstant(item.timestamp)} />
        <Fact name="Who" value={item.user_id} />
        <Fact name="Service" value={item.service} />
        <Fact name="Endpoint" value={item.endpoint} />
        <Fact name="About" value={item.target === null ? null : `${item.target_type ?? ''} ${item.target}`} copy />
        <Fact name="Outcome" value={item.outcome} />
        <Fact name="Address" value={item.ip_address} />
        <Fact name="Program" value={item.user_agent} />
        <Fact name="Trace" value={item.trace_id} copy />
        <Fact name="Answer" value={item.response_summary} />
      </Facts>
      <JsonBlock label="Request" value={item.request_data} />
    </>
  );
}
