/** The build projects, each with how its last build ended. */
import type { BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconDownload, IconHammer, IconPlus, IconSearchOff } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { buildProjectsQuery, type ProjectFilter } from '../api/build-projects.js';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import { itemsOf } from '../api/pages.js';
import { may, meQuery } from '../api/session.js';
import { BuildBadge } from '../builds/build-badge.js';
import { BuildsTabs } from '../builds/builds-tabs.js';
import { isBuildEnded, isBuildStatus } from '../builds/statuses.js';
import { Chip } from '../ui/chip.js';
import { Empty } from '../ui/feedback.js';
import { Filters, given, SearchInput } from '../ui/filters.js';
import { ListPanel, type Column } from '../ui/list-panel.js';
import { Page } from '../ui/page.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { ImportDialog } from './import-dialog.js';
import { sourceTypeLabel } from './source-type.js';
import classes from './projects-page.module.css';

const route = getRouteApi('/signed-in/builds/projects');

export function ProjectsPage() {
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  const me = useQuery(meQuery);
  const mayWrite = may(me.data, 'build:write');
  const [importing, setImporting] = useState(false);
  const [team, setTeam] = useState(filter.team ?? '');
  const accounts = useCloudAccounts();
  const list = useInfiniteQuery({
    ...buildProjectsQuery(filter),
    placeholderData: (before) => before,
    refetchInterval: ({ state }) => (itemsOf(state.data).some(isBuilding) ? 3_000 : 15_000),
  });
  const seek = (change: ProjectFilter) => void navigate({ search: given({ ...filter, ...change }), replace: true });
  const seekTeam = useDebouncedCallback((text: string) => seek({ team: text }), 250);
  const filtered = Object.keys(filter).length > 0;
  const accountNames = (accounts.data ?? []).map(({ name }) => name);
  return (
    <Page
      title="Build projects"
      lead="What is built, with which steps, in what environment."
      actions={
        mayWrite ? (
          <>
            <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => setImporting(true)}>
              Import from AWS
            </Button>
            <Button
              leftSection={<IconPlus size={16} />}
              renderRoot={(props) => <Link to="/builds/projects/new" {...props} />}
            >
              New project
            </Button>
          </>
        ) : undefined
      }
    >
      <BuildsTabs />
      <Filters>
        <SearchInput label="Search projects" value={filter.q ?? ''} onSeek={(q) => seek({ q })} />
        <TextInput
          aria-label="Team"
          placeholder="Team"
          w={140}
          value={team}
          onChange={(event) => {
            setTeam(event.currentTarget.value);
            seekTeam(event.currentTarget.value.trim());
          }}
        />
        <Select
          aria-label="Account"
          w={170}
          data={[{ value: '', label: 'Any account' }, ...accountNames]}
          value={filter.account ?? ''}
          onChange={(account) => seek({ account: account ?? '' })}
        />
      </Filters>
      <ListPanel<BuildProjectView>
        what="build projects"
        label="Build projects"
        query={list}
        items={itemsOf(list.data)}
        rowKey={({ id }) => id}
        columns={COLUMNS}
        empty={
          filtered ? (
            <Empty icon={<IconSearchOff size={38} stroke={1.3} />} title="No project matches">
              Names are searched from any part.
            </Empty>
          ) : (
            <Empty
              icon={<IconHammer size={38} stroke={1.3} />}
              title="No build projects yet"
              actions={
                mayWrite ? (
                  <Button renderRoot={(props) => <Link to="/builds/projects/new" {...props} />}>
                    Make the first one
                  </Button>
                ) : undefined
              }
            >
              {mayWrite
                ? 'A project names a source and a buildspec. It runs on this machine, or on AWS CodeBuild once an account is added.'
                : 'Your role sees build projects but does not make them.'}
            </Empty>
          )
        }
      />
      {importing && <ImportDialog onClose={() => setImporting(false)} />}
    </Page>
  );
}

const isBuilding = ({ last_build: last }: BuildProjectView): boolean =>
  last !== null && isBuildStatus(last.status) && !isBuildEnded(last.status);

const COLUMNS: readonly Column<BuildProjectView>[] = [
  {
    name: 'Project',
    wide: true,
    render: ({ name, description, imported }) => (
      <div className={classes.who}>
        <span>
          <Link to="/builds/projects/$name" params={{ name }} className={classes.name ?? ''}>
            {name}
          </Link>{' '}
          {imported && <Chip>imported</Chip>}
        </span>
        {description !== '' && <span className={classes.description}>{description}</span>}
      </div>
    ),
  },
  { name: 'Last build', className: cell.nowrap, render: ({ last_build: last }) => <LastBuild last={last} /> },
  {
    name: 'Source',
    render: ({ source }) => (
      <span className={classes.source} title={source.location}>
        {sourceTypeLabel(source.type)}
        {source.location !== undefined && <span className={cell.dim}> {shortPlace(source.location)}</span>}
      </span>
    ),
  },
  {
    name: 'Runs on',
    className: cell.nowrap,
    render: ({ engine, account, region }) => (
      <>
        {engine === 'local' ? 'local runner' : 'AWS CodeBuild'}{' '}
        {engine === 'codebuild' && (
          <span className={cell.dim}>
            {account} {region}
          </span>
        )}
      </>
    ),
  },
  { name: 'Team', labelled: true, render: ({ team }) => team },
];

function LastBuild({ last }: { last: BuildProjectView['last_build'] }) {
  if (!last) return <span className={cell.dim}>never built</span>;
  return (
    <span className={classes.last}>
      <Link to="/builds/$id" params={{ id: last.id }} className={classes.badge ?? ''}>
        {isBuildStatus(last.status) ? <BuildBadge status={last.status} /> : last.status}
      </Link>
      <span className={cell.dim}>
        #{last.number}, <TimeAgo at={last.created_at} />
      </span>
    </span>
  );
}

/** `https://github.com/acme/shop.git` → `acme/shop`. */
const shortPlace = (location: string): string =>
  location
    .replace(/^[a-z+]+:\/\/(?:[^@/]+@)?[^/]*\//, '')
    .replace(/^[\w.-]+@[\w.-]+:/, '')
    .replace(/\.git$/, '');
