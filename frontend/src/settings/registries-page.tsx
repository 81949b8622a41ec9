/** The registries that images are pushed to; one of them is the default. */
import { Button, VisuallyHidden } from '@mantine/core';
import { IconPlus, IconStack2 } from '@tabler/icons-react';
import type { RegistryView } from '@aws-deployer/platform/contracts/registries';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { deleteRegistry, makeDefaultRegistry, registriesQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { RegistryDialog } from './registry-dialog.js';

export function RegistriesPage() {
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const me = useQuery(meQuery);
  const query = useQuery(registriesQuery);
  const registries = query.data ?? [];
  const mayWrite = may(me.data, 'registry:write');
  const renew = () => void client.invalidateQueries({ queryKey: registriesQuery.queryKey });
  const choose = useMutation({
    mutationFn: makeDefaultRegistry,
    onSuccess: renew,
    onError: (error) => notifications.show({ color: 'red', title: 'The default stays', message: error.message }),
  });
  return (
    <Panel
      title="Registries"
      note="built images are pushed to the default one"
      flush
      tools={
        mayWrite ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
            Add registry
          </Button>
        ) : undefined
      }
    >
      {query.isPending && <LoadingRows rows={2} label="Loading the registries" />}
      {query.error && <Problem error={query.error} what="The registries" onRetry={() => void query.refetch()} />}
      {query.isSuccess && registries.length === 0 && (
        <Empty icon={<IconStack2 size={36} stroke={1.3} />} title="No registries">
          Images go to the platform’s own registry until one is added.
        </Empty>
      )}
      {registries.length > 0 && (
        <Table label="Registries">
          <thead>
            <tr>
              <th>Name</th>
              <th>Address</th>
              <th>User</th>
              <th>Added</th>
              <th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {registries.map((registry) => (
              <RegistryRow
                key={registry.id}
                registry={registry}
                mayWrite={mayWrite}
                choosing={choose.isPending}
                onChoose={() => choose.mutate(registry.id)}
                onGone={renew}
              />
            ))}
          </tbody>
        </Table>
      )}
      {adding && <RegistryDialog onClose={() => setAdding(false)} onAdded={renew} />}
    </Panel>
  );
}

interface RowProps {
  readonly registry: RegistryView;
  readonly mayWrite: boolean;
  readonly choosing: boolean;
  readonly onChoose: () => void;
  readonly onGone: () => void;
}
function RegistryRow({ registry, mayWrite, choosing, onChoose, onGone }: RowProps) {
  return (
    <tr>
      <td>
        <b>{registry.name}</b> {registry.is_default && <Chip tone="live">default</Chip>}{' '}
        {registry.embedded && <Chip>built in</Chip>}
      </td>
      <td className={cell.mono}>{registry.url}</td>
      <td className={registry.username === null ? cell.dim : undefined}>{registry.username ?? 'anonymous'}</td>
      <td className={`${cell.dim} ${cell.nowrap}`}>
        <TimeAgo at={registry.created_at} />
      </td>
      <td className={`${cell.right} ${cell.nowrap}`}>
        {mayWrite && !registry.is_default && (
          <Button variant="subtle" size="compact-sm" disabled={choosing} onClick={onChoose}>
            Make default
          </Button>
        )}
        {mayWrite && !registry.embedded && (
          <ConfirmButton
            verb="Delete"
            what={`registry ${registry.name}`}
            consequence="Releases whose image lives there can no longer be pulled with its credentials."
            act={() => deleteRegistry(registry.id)}
            onDone={onGone}
          />
        )}
      </td>
    </tr>
  );
}
