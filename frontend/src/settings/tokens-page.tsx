/** API tokens: made here, shown once, revoked here. */
import type { TokenView } from '@aws-deployer/platform/contracts/auth';
import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { revokeToken, tokensQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { count } from '../ui/words.js';
import { NewTokenDialog } from './new-token-dialog.js';

export function TokensPage() {
  const client = useQueryClient();
  const now = useNow(60_000);
  const [making, setMaking] = useState(false);
  const query = useQuery(tokensQuery);
  const renew = () => void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
  return (
    <ListPanel<TokenView>
      title="API tokens"
      note="for scripts, pipelines and the command line"
      what="tokens"
      label="API tokens"
      query={query}
      items={query.data ?? []}
      rows={3}
      rowKey={({ id }) => id}
      tools={
        <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
          New token
        </Button>
      }
      columns={[
        { name: 'Name', render: ({ name }) => <b>{name}</b> },
        { name: 'Token', className: cell.mono, render: ({ prefix }) => `${prefix}…` },
        { name: 'Owner', render: ({ username }) => username },
        {
          name: 'May',
          className: cell.dim,
          render: ({ scopes }) => (
            <span title={scopes?.join(', ')}>
              {scopes === null ? 'all of its owner’s' : count(scopes.length, 'permission')}
            </span>
          ),
        },
        {
          name: 'Last used',
          labelled: true,
          className: `${cell.dim} ${cell.nowrap}`,
          render: ({ last_used_at: at }) => (at === null ? 'never' : <TimeAgo at={at} />),
        },
        {
          name: 'Expires',
          labelled: true,
          className: cell.nowrap,
          render: ({ expires_at: at }) =>
            Date.parse(at) < now ? (
              <Chip tone="bad">expired</Chip>
            ) : (
              new Date(at).toLocaleDateString(undefined, { dateStyle: 'medium' })
            ),
        },
        {
          name: 'Actions',
          actions: true,
          render: (token) => (
            <ConfirmButton
              verb="Revoke"
              what={`token ${token.name}`}
              consequence="Whatever uses it is refused from this moment on. This cannot be undone."
              act={() => revokeToken(token.id)}
              onDone={renew}
            />
          ),
        },
      ]}
      empty={
        <Empty icon={<IconKey size={36} stroke={1.3} />} title="No tokens">
          A token does over REST what you may do here, with an end date, and can be revoked at any time.
        </Empty>
      }
    >
      {making && <NewTokenDialog onClose={() => setMaking(false)} onMade={renew} />}
    </ListPanel>
  );
}
