/** What a person can do with a build: stop it, run it again, compare it with the one before. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconGitCompare, IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { buildKey, buildsQuery, retryBuild, stopBuild } from '../api/builds.js';
import { itemsOf } from '../api/pages.js';
import { may, meQuery } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { isBuildEnded } from './statuses.js';

export function BuildActions({ build }: { build: BuildView }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const me = useQuery(meQuery);
  const ended = isBuildEnded(build.status);
  const mayWrite = may(me.data, 'build:write');
  const before = useInfiniteQuery({
    ...buildsQuery({ project: build.project }, 20),
    enabled: ended,
    staleTime: 30_000,
  });
  const earlier = itemsOf(before.data).find(({ number, status }) => number < build.number && isBuildEnded(status));
  const failed = (title: string) => (problem: Error) =>
    notifications.show({ color: 'red', title, message: problem.message });
  const stop = useSubmit(stopBuild, {
    onDone: (view) => client.setQueryData(buildKey(build.id), view),
    onFailed: failed('The build was not stopped'),
  });
  const retry = useSubmit(retryBuild, {
    onDone: (view) => {
      client.setQueryData(buildKey(view.id), view);
      void client.invalidateQueries({ queryKey: ['builds', 'list'] });
      void navigate({ to: '/builds/$id', params: { id: view.id } });
    },
    onFailed: failed('The build was not started again'),
  });
  return (
    <>
      {earlier && (
        <Button
          variant="default"
          leftSection={<IconGitCompare size={16} />}
          renderRoot={(props) => <Link to="/builds/compare" search={{ a: earlier.id, b: build.id }} {...props} />}
        >
          Compare with #{earlier.number}
        </Button>
      )}
      {!ended && mayWrite && (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} />}
          loading={stop.isPending}
          disabled={build.stop_requested}
          onClick={() => stop.mutate(build.id)}
        >
          {build.stop_requested ? 'Stopping …' : 'Stop'}
        </Button>
      )}
      {ended && mayWrite && (
        <Button
          leftSection={<IconRefresh size={16} />}
          loading={retry.isPending}
          onClick={() => retry.mutate(build.id)}
        >
          Build again
        </Button>
      )}
    </>
  );
}
