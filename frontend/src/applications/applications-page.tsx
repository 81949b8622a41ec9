/** The applications, each with what runs where. The start page. */
import type { ApplicationView } from '@aws-deployer/platform/contracts/applications';
import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconRocket, IconSearch, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { applicationsQuery } from '../api/applications.js';
import { may, meQuery } from '../api/session.js';
import { isEnded } from '../deployments/states.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Page } from '../ui/page.js';
import { Panel } from '../ui/panel.js';
import { LoadMore } from '../ui/table.js';
import { ApplicationRow } from './application-row.js';
import { DeploySample } from './deploy-sample.js';
import { EmptyArt } from './empty-art.js';
import classes from './applications-page.module.css';

const route = getRouteApi('/signed-in/applications');

export function ApplicationsPage() {
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(q);
  const me = useQuery(meQuery);
  const mayDeploy = may(me.data, 'deployment:create');
  const seek = useDebouncedCallback((text: string) => {
    void navigate({ search: text === '' ? {} : { q: text }, replace: true });
  }, 200);
  const list = useInfiniteQuery({
    ...applicationsQuery(q),
    placeholderData: (before) => before,
    // Nothing streams to this page: it reads more often while something is on its way.
    refetchInterval: ({ state }) => (anyMoving(state.data?.pages.flatMap((page) => page.items)) ? 3_000 : 15_000),
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  const nothing = list.isSuccess && items.length === 0;
  return (
    <Page
      title="Applications"
      lead="Everything that runs here, and where."
      actions={
        mayDeploy && !(nothing && q === '') ? (
          <>
            <DeploySample />
            <Button leftSection={<IconRocket size={16} />} renderRoot={(props) => <Link to="/deploy" {...props} />}>
              Deploy
            </Button>
          </>
        ) : undefined
      }
    >
      {!(nothing && q === '') && (
        <TextInput
          className={classes.search ?? ''}
          aria-label="Search applications"
          placeholder="Search applications"
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            seek(event.currentTarget.value.trim());
          }}
        />
      )}
      {list.error && !list.data ? (
        <Problem error={list.error} what="The applications" onRetry={() => void list.refetch()} />
      ) : (
        <Panel flush>
          {list.isPending && <LoadingRows rows={6} label="Loading the applications" />}
          {nothing && q !== '' && (
            <Empty icon={<IconSearchOff size={38} stroke={1.3} />} title={`No application matches “${q}”`}>
              Names are searched from any part.
            </Empty>
          )}
          {nothing && q === '' && (
            <Empty
              icon={<EmptyArt />}
              title="Nothing is deployed yet"
              actions={
                mayDeploy ? (
                  <>
                    <DeploySample primary />
                    <Button size="md" variant="default" renderRoot={(props) => <Link to="/deploy" {...props} />}>
                      Deploy your own
                    </Button>
                  </>
                ) : undefined
              }
            >
              {mayDeploy
                ? 'The sample is a small web server. One click builds it, rolls it out and gives you its address, usually within a minute.'
                : 'Your role sees applications but does not deploy them.'}
            </Empty>
          )}
          {items.length > 0 && (
            <ul className={classes.list} aria-label="Applications">
              {items.map((application) => (
                <ApplicationRow key={application.id} application={application} />
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

const anyMoving = (items: readonly ApplicationView[] | undefined): boolean =>
  (items ?? []).some(({ environments }) =>
    environments.some(({ last_deployment: last }) => last !== null && !isEnded(last.state)),
  );
