/** The environments of infrastructure: what each is, how it stands, and what goes on in it. The way in to all of it. */
import type { InfraEnvironmentView, InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { Button } from '@mantine/core';
import { IconPlus, IconServerBolt } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { infraEnvironmentsQuery, infraRunsQuery } from '../api/infra.js';
import { itemsOf } from '../api/pages.js';
import { may, meQuery } from '../api/session.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { LoadMore } from '../ui/table.js';
import { EnvironmentRow } from './environment-row.js';
import { InfraTabs } from './infra-tabs.js';
import { isRunEnded } from './statuses.js';
import classes from './environments-page.module.css';

export function EnvironmentsPage() {
  const me = useQuery(meQuery);
  const mayWrite = may(me.data, 'infra:write');
  const list = useInfiniteQuery({
    ...infraEnvironmentsQuery(),
    refetchInterval: ({ state: { data } }) => (itemsOf(data).some(isBusy) ? 3_000 : 15_000),
  });
  const items = itemsOf(list.data);
  const busy = items.some(isBusy);
  // What goes on, in one call for all of them: the newest runs hold it.
  const runs = useInfiniteQuery({
    ...infraRunsQuery({}, 100),
    refetchInterval: busy ? 2_000 : 15_000,
  });
  const nothing = list.isSuccess && items.length === 0;
  const create = (
    <Button leftSection={<IconPlus size={16} />} renderRoot={(props) => <Link to="/infrastructure/new" {...props} />}>
      New environment
    </Button>
  );
  return (
    <Page
      title="Infrastructure"
      lead="Whole environments by Terraform: planned, read, approved, applied and watched."
      actions={mayWrite && !nothing ? create : undefined}
    >
      <InfraTabs />
      {list.error && !list.data ? (
        <Problem error={list.error} what="The environments" onRetry={() => void list.refetch()} />
      ) : (
        <Panel flush>
          {list.isPending && <LoadingRows rows={4} label="Loading the environments" />}
          {nothing && (
            <Empty
              icon={<IconServerBolt size={42} stroke={1.2} />}
              title="No infrastructure yet"
              actions={mayWrite ? create : undefined}
            >
              Pick a module, give it its variables, and read the plan. Nothing is made, and nothing costs, before
              somebody has approved it.
            </Empty>
          )}
          {items.length > 0 && (
            <ul className={classes.list} aria-label="Environments">
              {items.map((environment) => (
                <EnvironmentRow
                  key={environment.id}
                  environment={environment}
                  {...newsOf(environment, itemsOf(runs.data))}
                />
              ))}
            </ul>
          )}
          <LoadMore
            hasMore={list.hasNextPage}
            loading={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
          />
        </Panel>
      )}
    </Page>
  );
}

const isBusy = ({ active_run: run }: InfraEnvironmentView): boolean => run !== null;

/** What goes on in it, and the plan that waits for somebody. */
function newsOf(
  { id }: InfraEnvironmentView,
  runs: readonly InfraRunView[],
): { running: InfraRunView | undefined; waiting: InfraRunView | undefined } {
  const own = runs.filter(({ environment_id: environment }) => environment === id);
  return {
    running: own.find(({ status }) => !isRunEnded(status)),
    waiting: own.find(({ applicable, summary }) => applicable && summary !== null),
  };
}
