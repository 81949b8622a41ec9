/** Secrets: values go in and never come out; only the names of their keys are shown. */
import type { SecretView } from '@aws-deployer/platform/contracts/registries';
import { Button } from '@mantine/core';
import { IconLock, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { deleteSecret, secretsQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { SecretDialog } from './secret-dialog.js';
import { SECRET_TYPES } from './secret-types.js';
import classes from './settings.module.css';

export function SecretsPage() {
  const client = useQueryClient();
  const [editing, setEditing] = useState<SecretView | 'new' | null>(null);
  const me = useQuery(meQuery);
  const query = useQuery(secretsQuery);
  const mayWrite = may(me.data, 'secret:write');
  const renew = () => void client.invalidateQueries({ queryKey: secretsQuery.queryKey });
  return (
    <ListPanel<SecretView>
      title="Secrets"
      note="sealed when they are kept; values are never shown again"
      what="secrets"
      label="Secrets"
      query={query}
      items={query.data ?? []}
      rows={3}
      rowKey={({ id }) => id}
      tools={
        mayWrite ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
            New secret
          </Button>
        ) : undefined
      }
      columns={[
        { name: 'Name', render: ({ name }) => <b>{name}</b> },
        { name: 'Type', render: ({ type }) => <Chip>{SECRET_TYPES[type].label}</Chip> },
        {
          name: 'Environment',
          render: ({ environment }) => environment ?? <span className={cell.dim}>every one</span>,
        },
        {
          name: 'Keys',
          wide: true,
          render: ({ keys }) => (
            <span className={classes.keys}>
              {keys.map((key) => (
                <code key={key} className={cell.mono}>
                  {key}
                </code>
              ))}
            </span>
          ),
        },
        { name: 'Version', labelled: true, render: ({ version }) => version },
        {
          name: 'Changed',
          className: `${cell.dim} ${cell.nowrap}`,
          render: ({ updated_at: at }) => <TimeAgo at={at} />,
        },
        {
          name: 'Actions',
          actions: true,
          render: (secret) =>
            mayWrite && (
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
            ),
        },
      ]}
      empty={
        <Empty icon={<IconLock size={36} stroke={1.3} />} title="No secrets">
          Keep passwords and keys here: for the environment of an application, a private repository or a registry.
        </Empty>
      }
    >
      {editing !== null && (
        <SecretDialog secret={editing === 'new' ? null : editing} onClose={() => setEditing(null)} onKept={renew} />
      )}
    </ListPanel>
  );
}
