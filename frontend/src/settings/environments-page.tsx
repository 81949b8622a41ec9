/** The environments: where applications are deployed to, how long releases are watched there, and which stay restorable. */
import type { EnvironmentView, ReleaseRetention } from '@aws-deployer/platform/contracts/applications';
import { Button } from '@mantine/core';
import { IconPlus, IconStack3 } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentsQuery } from '../api/applications.js';
import { may, meQuery } from '../api/session.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { EnvironmentDialog } from './environment-dialog.js';

const retentionWords = ({ keep, days }: ReleaseRetention): string => {
  const rules = [
    ...(keep === null ? [] : [`the newest ${keep}`]),
    ...(days === null ? [] : [`all of the last ${days} days`]),
  ];
  return rules.length === 0 ? 'all of them' : rules.join(', and ');
};

export function EnvironmentsPage() {
  const client = useQueryClient();
  const [edited, setEdited] = useState<EnvironmentView | 'new' | null>(null);
  const me = useQuery(meQuery);
  const query = useQuery(environmentsQuery);
  const mayWrite = may(me.data, 'environment:write');
  const renew = () => void client.invalidateQueries({ queryKey: environmentsQuery.queryKey });
  return (
    <ListPanel<EnvironmentView>
      title="Environments"
      note="a first deployment makes its environment as well"
      what="environments"
      label="Environments"
      query={query}
      items={query.data ?? []}
      rows={3}
      rowKey={({ id }) => id}
      tools={
        mayWrite ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEdited('new')}>
            New environment
          </Button>
        ) : undefined
      }
      columns={[
        { name: 'Name', render: ({ name }) => <b>{name}</b> },
        { name: 'Namespace', className: cell.mono, render: ({ namespace }) => namespace },
        { name: 'Watched for', labelled: true, render: ({ monitor_seconds: seconds }) => `${seconds} s` },
        {
          name: 'Restorable releases',
          labelled: true,
          render: ({ release_retention: rules }) => retentionWords(rules),
        },
        {
          name: 'Actions',
          actions: true,
          hidden: !mayWrite,
          render: (environment) => (
            <Button
              variant="subtle"
              size="compact-sm"
              aria-label={`Change environment ${environment.name}`}
              onClick={() => setEdited(environment)}
            >
              Change
            </Button>
          ),
        },
      ]}
      empty={
        <Empty icon={<IconStack3 size={36} stroke={1.3} />} title="No environments yet">
          The first deployment makes its own; make one here to set it up before.
        </Empty>
      }
    >
      {edited && (
        <EnvironmentDialog
          {...(edited === 'new' ? {} : { environment: edited })}
          onClose={() => setEdited(null)}
          onSaved={renew}
        />
      )}
    </ListPanel>
  );
}
