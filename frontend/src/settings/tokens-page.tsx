/** API tokens: made here, shown once, revoked here. */
import { Button, VisuallyHidden } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { revokeToken, tokensQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { NewTokenDialog } from './new-token-dialog.js';

export function TokensPage() {
  const client = useQueryClient();
  const now = useNow(60_000);
  const [making, setMaking] = useState(false);
  const query = useQuery(tokensQuery);
  const tokens = query.data ?? [];
  const renew = () => void client.invalidateQueries({ queryKey: tokensQuery.queryKey });
  return (
    <Panel
      title="API tokens"
      note="for scripts, pipelines and the command line"
      flush
      tools={
        <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
          New token
        </Button>
      }
    >
      {query.isPending && <LoadingRows rows={3} label="Loading the tokens" />}
      {query.error && <Problem error={query.error} what="The tokens" onRetry={() => void query.refetch()} />}
      {query.isSuccess && tokens.length === 0 && (
        <Empty icon={<IconKey size={36} stroke={1.3} />} title="No tokens">
          A token does over REST what you may do here, with an end date, and can be revoked at any time.
        </Empty>
      )}
      {tokens.length > 0 && (
        <Table label="API tokens">
          <thead>
            <tr>
              <th>Name</th>
              <th>Token</th>
              <th>Owner</th>
              <th>May</th>
              <th>Last used</th>
              <th>Expires</th>
              <th>
                <VisuallyHidden>Actions</VisuallyHidden>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.map((token) => (
              <tr key={token.id}>
                <td>
                  <b>{token.name}</b>
                </td>
                <td className={cell.mono}>{token.prefix}…</td>
                <td>{token.username}</td>
                <td className={cell.dim} title={token.scopes?.join(', ')}>
                  {token.scopes === null ? 'all of its owner’s' : `${token.scopes.length} permissions`}
                </td>
                <td className={`${cell.dim} ${cell.nowrap}`} data-label="Last used">
                  {token.last_used_at === null ? 'never' : <TimeAgo at={token.last_used_at} />}
                </td>
                <td className={cell.nowrap} data-label="Expires">
                  {Date.parse(token.expires_at) < now ? (
                    <Chip tone="bad">expired</Chip>
                  ) : (
                    new Date(token.expires_at).toLocaleDateString(undefined, { dateStyle: 'medium' })
                  )}
                </td>
                <td className={cell.right}>
                  <ConfirmButton
                    verb="Revoke"
                    what={`token ${token.name}`}
                    consequence="Whatever uses it is refused from this moment on. This cannot be undone."
                    act={() => revokeToken(token.id)}
                    onDone={renew}
                  />
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {making && <NewTokenDialog onClose={() => setMaking(false)} onMade={renew} />}
    </Panel>
  );
}
