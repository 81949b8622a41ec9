/** The audit chain: every action in the order it was written, each row sealed by the hash of the one before. */
import type { AuditItem } from '@aws-deployer/platform/contracts/history';
import { Modal } from '@mantine/core';
import { IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { auditQuery, type RecordFilter } from '../api/records.js';
import { may, meQuery } from '../api/session.js';
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
import { fullInstant } from '../ui/words.js';
import { VerifyChain } from './verify-chain.js';
import classes from '../records/records.module.css';

const route = getRouteApi('/signed-in/audit');
const given = (filter: RecordFilter) =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== ''));

export function AuditPage() {
  const filter: RecordFilter = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(meQuery);
  const [opened, setOpened] = useState<AuditItem | null>(null);
  const list = useInfiniteQuery({ ...auditQuery(filter), placeholderData: (before) => before });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title="History"
      lead="The audit chain. Each row carries the hash of the one before it, so a change, a gap or an insertion shows."
    >
      {may(me.data, 'history:verify') && <VerifyChain />}
      <RecordFilters filter={filter} onChange={(next) => void navigate({ search: given(next), replace: true })} />
      {list.error && !list.data ? (
        <Problem error={list.error} what="The history" onRetry={() => void list.refetch()} />
      ) : (
        <Panel flush>
          {list.isPending && <LoadingRows rows={8} label="Loading the history" />}
          {list.isSuccess && items.length === 0 && !list.hasNextPage && (
            <Empty icon={<IconShieldCheck size={36} stroke={1.3} />} title="Nothing here">
              No row of the chain matches these filters.
            </Empty>
          )}
          {items.length > 0 && (
            <Table label="History">
              <thead>
                <tr>
                  <th className={cell.right}>Row</th>
                  <th>Action</th>
                  <th>Who</th>
                  <th>About</th>
                  <th>Outcome</th>
                  <th>When</th>
                  <th>Hash</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.seq}>
                    <td className={`${cell.mono} ${cell.dim} ${cell.right}`}>{item.seq}</td>
                    <td>
                      <button type="button" className={classes.rowButton} onClick={() => setOpened(item)}>
                        {item.action_type}
                      </button>
                    </td>
                    <td>{item.user_id}</td>
                    <td>
                      <RecordTarget type={item.target_type} target={item.target} />
                    </td>
                    <td>
                      <OutcomeMark outcome={item.outcome} />
                    </td>
                    <td className={`${cell.dim} ${cell.nowrap}`}>
                      <TimeAgo at={item.timestamp} />
                    </td>
                    <td className={`${cell.mono} ${cell.dim}`} title={item.hash}>
                      {item.hash.slice(0, 10)}
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
      <Modal
        opened={opened !== null}
        onClose={() => setOpened(null)}
        title={opened ? `Row ${opened.seq}: ${opened.action_type}` : ''}
        size="xl"
      >
        {opened && <Detail item={opened} />}
      </Modal>
    </Page>
  );
}

function Detail({ item }: { item: AuditItem }) {
  return (
    <>
      <Facts>
        <Fact name="When" value={fullInstant(item.timestamp)} />
        <Fact name="Who" value={item.token_id === null ? item.user_id : `${item.user_id}, token ${item.token_id}`} />
        <Fact name="Service" value={item.service} />
        <Fact name="Endpoint" value={item.endpoint} />
        <Fact name="About" value={item.target === null ? null : `${item.target_type ?? ''} ${item.target}`} copy />
        <Fact name="Outcome" value={item.outcome} />
        <Fact name="Address" value={item.ip_address} />
        <Fact name="Program" value={item.user_agent} />
        <Fact name="Answer" value={item.response_summary} />
        <Fact name="Trace" value={item.trace_id} copy />
        <Fact name="Hash of the row before" value={item.previous_hash} copy />
        <Fact name="Hash of this row" value={item.hash} copy />
      </Facts>
      <div className={classes.sideBySide}>
        <JsonBlock label="Before" value={item.before} />
        <JsonBlock label="After" value={item.after} />
      </div>
      <JsonBlock label="Request" value={item.request_data} />
    </>
  );
}
