/** Secrets: values go in and never come out; only the names of their keys are shown. */
import { Button, VisuallyHidden } from '@mantine/core';
import { IconLock, IconPlus } from '@tabler/icons-react';
import type { SecretView } from '@aws-deployer/platform/contracts/registries';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { deleteSecret, secretsQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { SecretDialog } from './secret-dialog.js';
import { SECRET_TYPES } from './secret-types.js';
import classes from './settings.module.css';

export function SecretsPage() {
  const client = useQueryClient();
  const [editing, setEditing] = useState<SecretView | 'new' | null>(null);
  const me = useQuery(meQuery);
  const query = useQuery(secretsQuery);
  const secrets = query.data ?? [];
  const mayWrite = may(me.data, 'secret:write');
  const renew = () => void client.invalidateQueries({ queryKey: secretsQuery.queryKey });
  return (
    <Panel
      title="Secrets"
      note="sealed when they are kept; values are never shown again"
      flush
      tools={
        mayWrite ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
            New secret
          </Button>
        ) : undefined
      }
    >
      {query.isPending && <LoadingRows rows={3} label="Loading the secrets" />}
      {query.error && <Problem error={query.error} what="The secrets" onRetry={() => void query.refetch()} />}
      {query.isSuccess && secrets.length === 0 && (
        <Empty icon={<IconLock size={36} stroke={1.3} />} title="No secrets">
          Keep passwords and keys here: for the environment of an application, a private repository or a registry.
        </Empty>
      )}
      {secrets.length > 0 && (
        <Table label="Secrets">
          <thead>
            <tr>
              <th>Name</th>
              <th>Type</th>
              <th>Environment</th>
              <th>Keys</th>
              <th>Version</th>
              <th>Changed</th>
              <th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {secrets.map((secret) => (
              <tr key={secret.id}>
                <td>
                  <b>{secret.name}</b>
                </td>
                <td>
                  <Chip>{SECRET_TYPES[secret.type].label}</Chip>
                </td>
                <td className={secret.environment === null ? cell.dim : undefined}>
                  {secret.environment ?? 'every one'}
                </td>
                <td data-wide>
                  <span className={classes.keys}>
                    {secret.keys.map((key) => (
                      <code key={key} className={cell.mono}>
                        {key}
                      </code>
                    ))}
                  </span>
                </td>
                <td data-label="Version">{secret.version}</td>
                <td className={`${cell.dim} ${cell.nowrap}`}>
                  <TimeAgo at={secret.updated_at} />
                </td>
                <td className={`${cell.right} ${cell.nowrap}`}>
                  {mayWrite && (
                    <>
                      <Button
                        variant="subtle"
                        size="compact-sm"
                        aria-label={`Replace the values of ${secret.name}`}
                        onClick={() => setEditing(secret)}
                      >
                        Replace
                      </Button>
                      <ConfirmButton
                        verb="Delete"
                        what={`secret ${secret.name}`}
                        consequence="Releases that name it can no longer be rolled out. Its values are gone for good."
                        act={() => deleteSecret(secret.id)}
                        onDone={renew}
                      />
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {editing !== null && (
        <SecretDialog secret={editing === 'new' ? null : editing} onClose={() => setEditing(null)} onKept={renew} />
      )}
    </Panel>
  );
}
