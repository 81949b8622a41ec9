/** What a person can do with a deployment: cancel it, roll back to an earlier release, deploy the same again. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { Button, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowBackUp, IconPlayerStop, IconRefresh } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { cancelDeployment, deploymentKey } from '../api/deployments.js';
import { may, meQuery } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { Notice } from '../ui/feedback.js';
import { RollbackDialog } from './rollback-dialog.js';
import { isEnded } from './states.js';

export function DeploymentActions({ deployment }: { deployment: DeploymentView }) {
  const [cancelling, setCancelling] = useState(false);
  const [rollingBack, setRollingBack] = useState(false);
  const ended = isEnded(deployment.state);
  const me = useQuery(meQuery);
  return (
    <>
      {!ended && may(me.data, 'deployment:cancel') && (
        <Button
          variant="default"
          leftSection={<IconPlayerStop size={16} />}
          disabled={deployment.cancel_requested}
          onClick={() => setCancelling(true)}
        >
          {deployment.cancel_requested ? 'Cancelling …' : 'Cancel'}
        </Button>
      )}
      {ended && may(me.data, 'deployment:rollback') && (
        <Button variant="default" leftSection={<IconArrowBackUp size={16} />} onClick={() => setRollingBack(true)}>
          Roll back
        </Button>
      )}
      {may(me.data, 'deployment:create') && (
        <Button
          variant={ended ? 'filled' : 'default'}
          leftSection={<IconRefresh size={16} />}
          renderRoot={(props) => <Link to="/deploy" search={{ from: deployment.id }} {...props} />}
        >
          Deploy again
        </Button>
      )}
      <CancelDialog deployment={deployment} opened={cancelling} onClose={() => setCancelling(false)} />
      {rollingBack && (
        <RollbackDialog
          deploymentId={deployment.id}
          application={deployment.application}
          environment={deployment.environment}
          leaving={deployment.release_id}
          onClose={() => setRollingBack(false)}
        />
      )}
    </>
  );
}

function CancelDialog(props: { deployment: DeploymentView; opened: boolean; onClose: () => void }) {
  const { deployment, opened, onClose } = props;
  const client = useQueryClient();
  const cancel = useSubmit((id: string, key) => cancelDeployment(id, key), {
    onDone: (answer) => {
      client.setQueryData(deploymentKey(deployment.id), answer);
      notifications.show({ message: 'Cancelling: what was begun is being undone.' });
      onClose();
    },
  });
  const began = !['initialized', 'validating', 'preparing', 'building'].includes(deployment.state);
  return (
    <Modal opened={opened} onClose={onClose} title="Cancel this deployment?">
      <p style={{ marginTop: 0 }}>
        {began
          ? 'The rollout has begun. It stops, and the release that ran before is put back.'
          : 'Nothing in the cluster has changed yet. The work in progress stops and nothing is left behind.'}
      </p>
      {cancel.error && (
        <Notice tone="bad" role="alert">
          {cancel.error.message}
        </Notice>
      )}
      <div className="dialog-actions">
        <Button variant="default" onClick={onClose}>
          Keep it running
        </Button>
        <Button color="vermilion" loading={cancel.isPending} onClick={() => cancel.mutate(deployment.id)}>
          Cancel deployment
        </Button>
      </div>
    </Modal>
  );
}
