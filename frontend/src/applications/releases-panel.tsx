/** The releases of an application, newest first; any restorable one that is not live can be put back with one press. */
import type { ApplicationView, ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { Select, VisuallyHidden } from '@mantine/core';
import { IconPackage } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { releasesQuery } from '../api/applications.js';
import { may, meQuery } from '../api/session.js';
import { RollbackDialog } from '../deployments/rollback-dialog.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { LoadMore, Table } from '../ui/table.js';
import { MarkBadDialog } from './mark-bad-dialog.js';
import { ReleaseRow } from './release-row.js';

export function ReleasesPanel({ application }: { application: ApplicationView }) {
  const [environment, setEnvironment] = useState<string | null>(null);
  const [target, setTarget] = useState<ReleaseView | null>(null);
  const [marking, setMarking] = useState<ReleaseView | null>(null);
  const client = useQueryClient();
  const renew = () => void client.invalidateQueries({ queryKey: ['applications', 'releases', application.name] });
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
                mayRollBack={mayRollBack}
                onRollBack={setTarget}
                onMarkBad={setMarking}
                onUnmarked={renew}
              />
            ))}
          </tbody>
        </Table>
      )}
      <LoadMore hasMore={list.hasNextPage} loading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} />
      {marking && <MarkBadDialog release={marking} onClose={() => setMarking(null)} onMarked={renew} />}
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
