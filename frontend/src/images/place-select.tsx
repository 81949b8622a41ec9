/** Which account and region of AWS a page is about; the default account's first region unless the address says else. */
import { Select } from '@mantine/core';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import type { ImagePlace } from '../api/images.js';

export function PlaceSelect({ place, onChange }: { place: ImagePlace; onChange: (place: ImagePlace) => void }) {
  const accounts = (useCloudAccounts().data ?? []).filter(({ kind }) => kind !== 'local');
  const chosen =
    accounts.find(({ name }) => name === place.account) ?? accounts.find((each) => each.is_default) ?? accounts[0];
  if (!chosen) return null;
  return (
    <>
      <Select
        aria-label="Account"
        w={160}
        data={accounts.map(({ name }) => name)}
        value={chosen.name}
        onChange={(account) => account !== null && onChange({ account })}
      />
      <Select
        aria-label="Region"
        w={150}
        data={chosen.regions}
        value={place.region ?? chosen.regions[0] ?? null}
        onChange={(region) => onChange({ account: chosen.name, region: region ?? undefined })}
      />
    </>
  );
}
