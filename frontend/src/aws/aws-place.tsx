/** Which account and region of AWS a page is about: the address says, else the default account, else the first in AWS. */
import type { CloudAccountView } from '@aws-deployer/platform/contracts/cloud-accounts';
import { Button, Select } from '@mantine/core';
import { IconCloud, IconMapPin } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import { Empty } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';

export interface Place {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}
export interface AwsPlace {
  readonly place: Place;
  /** The accounts that are in AWS; this machine is none. */
  readonly accounts: readonly CloudAccountView[];
  /** `none`: there is no AWS to ask. */
  readonly state: 'loading' | 'none' | 'there';
}

export function useAwsPlace({ account, region }: Place): AwsPlace {
  const query = useCloudAccounts();
  const accounts = (query.data ?? []).filter(({ kind }) => kind !== 'local');
  const chosen = account ?? (accounts.find((each) => each.is_default) ?? accounts[0])?.name;
  const state = query.isPending ? 'loading' : query.isSuccess && accounts.length === 0 ? 'none' : 'there';
  return { place: { account: chosen, region }, accounts, state };
}

export function PlaceSelect({ at, onChange }: { at: AwsPlace; onChange: (place: Place) => void }) {
  const chosen = at.accounts.find(({ name }) => name === at.place.account);
  if (!chosen) return null;
  return (
    <>
      <Select
        aria-label="Account"
        w={180}
        leftSection={<IconCloud size={16} aria-hidden />}
        data={at.accounts.map(({ name }) => name)}
        value={chosen.name}
        onChange={(account) => account !== null && onChange({ account })}
      />
      <Select
        aria-label="Region"
        w={165}
        leftSection={<IconMapPin size={16} aria-hidden />}
        data={chosen.regions}
        value={at.place.region ?? chosen.regions[0] ?? null}
        onChange={(region) => onChange({ account: chosen.name, region: region ?? undefined })}
      />
    </>
  );
}

/** In place of what only AWS can tell, while no account of it is there. */
export function NoAwsAccount({ what }: { what: string }) {
  return (
    <Panel flush>
      <Empty
        icon={<IconCloud size={38} stroke={1.3} />}
        title="There is no AWS account yet"
        actions={
          <Button renderRoot={(props) => <Link to="/settings/cloud-accounts" {...props} />}>
            Go to cloud accounts
          </Button>
        }
      >
        {what} Builds run on this machine without one.
      </Empty>
    </Panel>
  );
}
