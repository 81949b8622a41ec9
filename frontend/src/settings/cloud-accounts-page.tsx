/** The ways into AWS: named accounts, of which one is the default; keys go in and never come out. */
import type { CloudAccountView } from '@aws-deployer/platform/contracts/cloud-accounts';
import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCloud, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { cloudAccountsQuery, deleteCloudAccount, updateCloudAccount } from '../api/cloud-accounts.js';
import { may, meQuery } from '../api/session.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel, type Column } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { AccountCheckDialog } from './account-check-dialog.js';
import { CloudAccountDialog } from './cloud-account-dialog.js';
import classes from './settings.module.css';

const KINDS: Readonly<Record<CloudAccountView['kind'], string>> = {
  local: 'this machine',
  static_keys: 'access keys',
  assume_role: 'assumed role',
  environment: 'environment',
};

export function CloudAccountsPage() {
  const client = useQueryClient();
  const me = useQuery(meQuery);
  const query = useQuery(cloudAccountsQuery);
  const [editing, setEditing] = useState<CloudAccountView | 'new' | null>(null);
  const [checking, setChecking] = useState<CloudAccountView | null>(null);
  const mayWrite = may(me.data, 'aws:write');
  const renew = () => void client.invalidateQueries({ queryKey: cloudAccountsQuery.queryKey });
  const choose = useMutation({
    mutationFn: (id: string) => updateCloudAccount({ id, change: { is_default: true } }),
    onSuccess: renew,
    onError: (error) => notifications.show({ color: 'red', title: 'The default stays', message: error.message }),
  });
  const columns: readonly Column<CloudAccountView>[] = [
    {
      name: 'Name',
      wide: true,
      render: ({ name, is_default: isDefault, builtin, description }) => (
        <>
          <b>{name}</b> {isDefault && <Chip tone="live">default</Chip>} {builtin && <Chip>built in</Chip>}
          {description !== '' && <div className={cell.dim}>{description}</div>}
        </>
      ),
    },
    { name: 'Signs in with', render: (account) => <SignIn account={account} /> },
    {
      name: 'Regions',
      render: ({ regions }) => (
        <span className={classes.keys}>
          {regions.map((region) => (
            <code key={region} className={cell.mono}>
              {region}
            </code>
          ))}
        </span>
      ),
    },
    {
      name: 'AWS account',
      labelled: true,
      className: cell.nowrap,
      render: ({ kind, account_id: id, checked_at: at }) =>
        kind === 'local' ? (
          <span className={cell.dim}>–</span>
        ) : at === null ? (
          <span className={cell.dim}>not checked</span>
        ) : (
          <>
            <span className={cell.mono}>{id ?? 'unknown'}</span>{' '}
            <span className={cell.dim}>
              <TimeAgo at={at} />
            </span>
          </>
        ),
    },
    {
      name: 'Actions',
      actions: true,
      hidden: !mayWrite,
      render: (account) => (
        <>
          {account.kind !== 'local' && (
            <Button
              variant="subtle"
              size="compact-sm"
              aria-label={`Check ${account.name}`}
              onClick={() => setChecking(account)}
            >
              Check
            </Button>
          )}
          {!account.is_default && (
            <Button
              variant="subtle"
              size="compact-sm"
              aria-label={`Make ${account.name} the default`}
              disabled={choose.isPending}
              onClick={() => choose.mutate(account.id)}
            >
              Make default
            </Button>
          )}
          {!account.builtin && (
            <>
              <Button
                variant="subtle"
                size="compact-sm"
                aria-label={`Change ${account.name}`}
                onClick={() => setEditing(account)}
              >
                Change
              </Button>
              <ConfirmButton
                verb="Delete"
                what={`account ${account.name}`}
                typed={account.name}
                consequence="Its credentials are gone for good. Nothing in AWS changes. An account that build projects use cannot be deleted."
                act={() => deleteCloudAccount(account.id)}
                onDone={renew}
              />
            </>
          )}
        </>
      ),
    },
  ];
  return (
    <ListPanel<CloudAccountView>
      title="Cloud accounts"
      note="where builds run and AWS operations go"
      what="cloud accounts"
      label="Cloud accounts"
      query={query}
      items={query.data ?? []}
      rowKey={({ id }) => id}
      columns={columns}
      tools={
        mayWrite ? (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
            Add account
          </Button>
        ) : undefined
      }
      empty={
        <Empty icon={<IconCloud size={36} stroke={1.3} />} title="No cloud accounts">
          Builds run on this machine until one is added.
        </Empty>
      }
    >
      {editing !== null && (
        <CloudAccountDialog
          account={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onKept={(account) => {
            renew();
            setEditing(null);
            // What was just given is worth nothing until AWS has said that it works.
            setChecking(account);
          }}
        />
      )}
      {checking !== null && (
        <AccountCheckDialog account={checking} onClose={() => setChecking(null)} onChecked={renew} />
      )}
    </ListPanel>
  );
}

function SignIn({ account }: { account: CloudAccountView }) {
  return (
    <>
      {KINDS[account.kind]}
      {account.access_key !== null && (
        <code className={`${cell.mono} ${cell.dim}`}> …{account.access_key.replace(/^…/, '')}</code>
      )}
      {account.role_arn !== null && (
        <div className={`${cell.mono} ${cell.dim} ${cell.ellipsis}`} title={account.role_arn}>
          {account.role_arn}
        </div>
      )}
    </>
  );
}
