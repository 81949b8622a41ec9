/** One click from nothing to a running application. */
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconSparkles } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { deploymentKey, deploySample } from '../api/deployments.js';
import { useSubmit } from '../api/submission.js';

export function DeploySample({ primary = false }: { primary?: boolean }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const sample = useSubmit((_: undefined, key) => deploySample(key), {
    onDone: (deployment) => {
      client.setQueryData(deploymentKey(deployment.id), deployment);
      void client.invalidateQueries({ queryKey: ['applications'] });
      void navigate({ to: '/deployments/$id', params: { id: deployment.id } });
    },
    onFailed: (problem) =>
      notifications.show({ color: 'red', title: 'The sample was not deployed', message: problem.message }),
  });
  return (
    <Button
      variant={primary ? 'filled' : 'default'}
      size={primary ? 'md' : 'sm'}
      leftSection={<IconSparkles size={17} />}
      loading={sample.isPending}
      onClick={() => sample.mutate(undefined)}
    >
      Deploy the sample
    </Button>
  );
}
