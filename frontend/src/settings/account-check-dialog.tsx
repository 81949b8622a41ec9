/** What AWS says of an account: who it is, which permissions are missing, and the least policy that grants them. */
import type { AccountCheckView, CloudAccountView } from '@aws-deployer/platform/contracts/cloud-accounts';
import { Button, Modal } from '@mantine/core';
import { IconCheck, IconQuestionMark, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { checkCloudAccount } from '../api/cloud-accounts.js';
import { Chip } from '../ui/chip.js';
import { CopyButton } from '../ui/copy-button.js';
import { LoadingRows, Notice, Problem } from '../ui/feedback.js';
import { DataTable } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import classes from './settings.module.css';

export function AccountCheckDialog(props: { account: CloudAccountView; onClose: () => void; onChecked: () => void }) {
  const { account, onClose, onChecked } = props;
  const check = useQuery({
    queryKey: ['account-check', account.id],
    queryFn: () => checkCloudAccount(account.id),
    // Each opening asks anew, and nothing asks by itself: every check is a dozen calls to AWS.
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
  });
  useEffect(() => {
    if (check.isSuccess) onChecked();
    // eslint-disable-next-line react-hooks/exhaustive-deps -- told once for each answer, whoever listens by then
  }, [check.dataUpdatedAt]);
  return (
    <Modal opened onClose={onClose} title={`Check of ${account.name}`} size="xl">
      {check.isFetching && <LoadingRows rows={5} label="Asking AWS" />}
      {check.error && !check.isFetching && (
        <Problem error={check.error} what="The check" onRetry={() => void check.refetch()} />
      )}
      {check.data && !check.isFetching && <Result check={check.data} />}
      <div className="dialog-actions">
        <Button variant="default" loading={check.isFetching} onClick={() => void check.refetch()}>
          Check again
        </Button>
        <Button onClick={onClose}>Close</Button>
      </div>
    </Modal>
  );
}

function Result({ check }: { check: AccountCheckView }) {
  const policy = JSON.stringify(check.least_policy, null, 2);
  return (
    <div className={classes.form}>
      <Notice tone={check.ok ? 'good' : 'warn'} role="status" title={check.message}>
        {check.arn !== null && <code>{check.arn}</code>}
      </Notice>
      {check.permissions.length > 0 && (
        <div className={classes.frame}>
          <DataTable
            label="Permissions"
            // What is missing stands first.
            items={[...check.permissions].sort((a, b) => order(a.allowed) - order(b.allowed))}
            rowKey={({ action }) => action}
            columns={[
              { name: 'Allowed', render: ({ allowed }) => <Allowed allowed={allowed} /> },
              { name: 'Permission', className: cell.mono, render: ({ action }) => action },
              {
                name: 'For',
                wide: true,
                render: ({ purpose, detail }) => (
                  <>
                    {purpose}
                    {detail !== null && <div className={cell.dim}>{detail}</div>}
                  </>
                ),
              },
            ]}
          />
        </div>
      )}
      {check.least_policy !== null && check.least_policy !== undefined && (
        <figure className={classes.policy}>
          <figcaption>
            The least policy that grants what the platform uses <CopyButton value={policy} what="policy" />
          </figcaption>
          <pre tabIndex={0}>{policy}</pre>
        </figure>
      )}
    </div>
  );
}

const order = (allowed: boolean | null): number => (allowed === false ? 0 : allowed === null ? 1 : 2);

function Allowed({ allowed }: { allowed: boolean | null }) {
  if (allowed === null)
    return (
      <Chip>
        <IconQuestionMark size={12} aria-hidden /> not known
      </Chip>
    );
  return (
    <Chip tone={allowed ? 'good' : 'bad'}>
      {allowed ? <IconCheck size={12} aria-hidden /> : <IconX size={12} aria-hidden />}{' '}
      {allowed ? 'allowed' : 'missing'}
    </Chip>
  );
}
