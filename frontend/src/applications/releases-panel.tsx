/** The releases of an application, newest first; any stable one that is not live can be put back with one press. */
import type { ApplicationView, ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { Button, Select, VisuallyHidden } from '@mantine/core';
import { IconArrowBackUp, IconPackage } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { releasesQuery } from '../api/applications.js';
import { may, meQuery } from '../api/session.js';
import { RollbackDialog } from '../deployments/rollback-dialog.js';
import { Chip } from '../ui/chip.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, LoadMore, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { shortCommit, shortDigest } from '../ui/words.js';

export function ReleasesPanel({ application }: { application: ApplicationView }) {
  const [environment, setEnvironment] = useState<string | null>(null);
  const [target, setTarget] = useState<ReleaseView | null>(null);
  const me = useQuery(meQuery);
  const list = useInfiniteQuery(releasesQuery(application.name, environment ?? undefined, 10));
  const releases = list.data?.pages.flatMap((page) => page.items) ?? [];
  const names = application.environments.map((each) => each.environment);
  const mayRollBack = may(me.data, 'deployment:rollback');
  return (
    <Panel
      title="Releases"
      flush
      tools={
        names.length > 1 ? (
          <Select
            aria-label="Environment of the releases"
            size="xs"
            w={170}
            data={[{ value: '', label: 'All environments' }, ...names]}
            value={environment ?? ''}
            onChange={(value) => setEnvironment(value === '' ? null : value)}
          />
        ) : undefined
      }
    >
      {list.isPending && <LoadingRows rows={3} label="Loading the releases" />}
      {list.error && <Problem error={list.error} what="The releases" onRetry={() => void list.refetch()} />}
      {list.isSuccess && releases.length === 0 && (
        <Empty icon={<IconPackage size={36} stroke={1.3} />} title="No release yet">
          A release is made when an image has been built and its manifests are settled.
        </Empty>
      )}
      {releases.length > 0 && (
        <Table label="Releases">
          <thead>
            <tr>
              <th>Release</th>
              <th>Environment</th>
              <th>Status</th>
              <th>Commit</th>
              <th>Digest</th>
              <th>Made</th>
              <th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {releases.map((release) => (
              <ReleaseRow
                key={release.id}
                release={release}
                onRollBack={mayRollBack && release.status === 'stable' && !release.live ? setTarget : null}
              />
            ))}
          </tbody>
        </Table>
      )}
      <LoadMore hasMore={list.hasNextPage} loading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
      {target && (
        <RollbackDialog
          deploymentId={target.deployment_id}
          application={application.name}
          environment={target.environment}
          leaving={liveIn(application, target.environment)}
          target={target}
          onClose={() => setTarget(null)}
        />
      )}
    </Panel>
  );
}

const liveIn = (application: ApplicationView, environment: string): string | null =>
  application.environments.find((each) => each.environment === environment)?.live_release_id ?? null;

const STATUS = {
  pending: { tone: 'live', text: 'pending' },
  stable: { tone: 'mute', text: 'stable' },
  failed: { tone: 'bad', text: 'failed' },
} as const;

function ReleaseRow({
  release,
  onRollBack,
}: {
  release: ReleaseView;
  onRollBack: ((release: ReleaseView) => void) | null;
}) {
  const status = STATUS[release.status];
  return (
    <tr>
      <td>
        <Link to="/deployments/$id" params={{ id: release.deployment_id }}>
          <b>#{release.number}</b>
        </Link>
      </td>
      <td>{release.environment}</td>
      <td className={cell.nowrap}>
        <Chip tone={release.live ? 'good' : status.tone}>{release.live ? 'live' : status.text}</Chip>
      </td>
      <td>
        <code className={cell.mono} title={release.commit ?? undefined}>
          {release.commit === null ? '–' : shortCommit(release.commit)}
        </code>
      </td>
      <td>
        <code className={`${cell.mono} ${cell.dim}`} title={release.image_digest}>
          {shortDigest(release.image_digest)}
        </code>
        {release.base_substituted !== null && (
          <>
            {' '}
            <Chip tone="warn">base substituted</Chip>
          </>
        )}
      </td>
      <td className={`${cell.dim} ${cell.nowrap}`}>
        <TimeAgo at={release.created_at} /> by {release.created_by}
      </td>
      <td className={cell.right}>
        {onRollBack && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconArrowBackUp size={14} />}
            onClick={() => onRollBack(release)}
            aria-label={`Roll back to release ${release.number}`}
          >
            Roll back
          </Button>
        )}
      </td>
    </tr>
  );
}
