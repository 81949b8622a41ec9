/** The registries that images are pushed to; one of them is the default. */
import type { RegistryView } from '@aws-deployer/platform/contracts/registries';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus, IconStack2 } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { deleteRegistry, makeDefaultRegistry, registriesQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { RegistryDialog } from './registry-dialog.js';

export function RegistriesPage() {
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const me = useQuery(meQuery);
  const query = useQuery(registriesQuery);
  const mayWrite = may(me.data, 'registry:write');
  const renew = () => void client.invalidateQueries({ queryKey: registriesQuery.queryKey });
  const choose = useMutation({
    mutationFn: makeDefaultRegistry,
    onSuccess: renew,
    onError: (error) => notifications.show({ color: 'red', title: 'The default stays', message: error.message }),
  });
  return (
    <ListPanel<RegistryView>
      title="Registries"
      note="built images are pushed to the default one"
      what="registries"
      label="Registries"
      query={query}
      items={query.data ?? []}
      rows={2}
      rowKey={({ id }) => id}
      tools={
        mayWrite ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
            Add registry
          </Button>
        ) : undefined
      }
      columns={[
        {
          name: 'Name',
          render: ({ name, is_default: isDefault, embedded }) => (
            <>
              <b>{name}</b> {isDefault && <Chip tone="live">default</Chip>} {embedded && <Chip>built in</Chip>}
            </>
          ),
        },
        { name: 'Address', className: cell.mono, render: ({ url }) => url },
        {
          name: 'User',
          render: ({ username }) => (username === null ? <span className={cell.dim}>anonymous</span> : username),
        },
        {
          name: 'Added',
          className: `${cell.dim} ${cell.nowrap}`,
          render: ({ created_at: at }) => <TimeAgo at={at} />,
        },
        {
          name: 'Actions',
          actions: true,
          render: (registry) =>
            mayWrite && (
              <>
                {!registry.is_default && (
                  <Button
                    variant="subtle"
                    size="compact-sm"
                    disabled={choose.isPending}
                    onClick={() => choose.mutate(registry.id)}
                  >
                    Make default
                  </Button>
                )}
                {!registry.embedded && (
                  <ConfirmButton
                    verb="Delete"
                    what={`registry ${registry.name}`}
                    consequence="Releases whose image lives there can no longer be pulled with its credentials."
                    act={() => deleteRegistry(registry.id)}
                    onDone={renew}
                  />
                )}
              </>
            ),
        },
      ]}
      empty={
        <Empty icon={<IconStack2 size={36} stroke={1.3} />} title="No registries">
          Images go to the platform’s own registry until one is added.
        </Empty>
      }
    >
      {adding && <RegistryDialog onClose={() => setAdding(false)} onAdded={renew} />}
    </ListPanel>
  );
}
