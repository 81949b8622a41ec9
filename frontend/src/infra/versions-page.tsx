/** What was applied, newest first: what each version changed, and the way back to it by a plan. */
import type { InfraVersionView } from '@aws-deployer/platform/contracts/infra';
import { IconVersions } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { infraVersionsQuery } from '../api/infra.js';
import { itemsOf } from '../api/pages.js';
import { may, meQuery } from '../api/session.js';
import { Chip } from '../ui/chip.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel, type Column } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useEnvironment } from './environment-context.js';
import { StartRunButton } from './start-run-button.js';
import { versionChanges } from './version-changes.js';
import classes from './versions-page.module.css';

export function VersionsPage() {
  const environment = useEnvironment();
  const me = useQuery(meQuery);
  const query = useInfiniteQuery({ ...infraVersionsQuery(environment.name), refetchInterval: 15_000 });
  const items = itemsOf(query.data);
  const columns: readonly Column<InfraVersionView>[] = [
    {
      name: 'Version',
      className: cell.nowrap,
      render: ({ number, destroyed, run_id: run }) => (
        <>
          <Link to="/infrastructure/runs/$id" params={{ id: run }} className={classes.number ?? ''}>
            {number}
          </Link>{' '}
          {number === environment.current_version && <Chip tone="good">live</Chip>}
          {destroyed && <Chip tone="bad">destroyed all</Chip>}
        </>
      ),
    },
    {
      name: 'What was set',
      wide: true,
      render: (version) => {
        const before = items.find(({ number }) => number === version.number - 1);
        const changes = versionChanges(version, before);
        return (
          <ul className={classes.changes}>
            {changes.length === 0 && (
              <li className={cell.dim}>{before === undefined ? 'the first that is shown' : 'as before'}</li>
            )}
            {changes.map(({ name, before: was, after }) => (
              <li key={name}>
                <code>{name}</code> <span className={cell.dim}>{was}</span> → <span>{after}</span>
              </li>
            ))}
          </ul>
        );
      },
    },
    {
      name: 'Module',
      className: cell.nowrap,
      render: ({ module, module_hash: hash }) => (
        <>
          <code className={cell.mono}>{module}</code>{' '}
          <code className={`${cell.mono} ${cell.dim}`} title={hash}>
            {hash.slice(0, 8)}
          </code>
        </>
      ),
    },
    {
      name: 'Applied',
      className: `${cell.dim} ${cell.nowrap}`,
      render: ({ created_at: at, created_by: who }) => (
        <>
          <TimeAgo at={at} /> by {who}
        </>
      ),
    },
    {
      name: 'Actions',
      actions: true,
      hidden: !may(me.data, 'infra:write'),
      render: ({ number, destroyed }) =>
        destroyed || number === environment.current_version ? null : (
          <StartRunButton
            environment={environment.name}
            body={{ kind: 'plan', version: number }}
            label="Plan this version again"
            describedAs={`Plan version ${number} again`}
            variant="subtle"
            size="compact-sm"
          />
        ),
    },
  ];
  return (
    <ListPanel
      title="Versions"
      note="each apply makes one; an earlier one comes back by a plan that is approved like any other"
      what="versions"
      label="Versions"
      query={query}
      items={items}
      rowKey={({ number }) => number}
      columns={columns}
      empty={
        <Empty icon={<IconVersions size={38} stroke={1.3} />} title="Nothing was applied yet">
          The first apply makes version 1.
        </Empty>
      }
    />
  );
}
