/** A cloud account as the domain knows it, and its two faces: the sealed credential and what of it may be shown. Pure. */
import type { CloudAccountView, CloudCredential } from '@aws-deployer/platform/contracts/cloud-accounts';
import type { Selectable } from 'kysely';
import type { z } from 'zod';
import type { CloudAccountsTable } from '../schema.js';

export type CloudAccountRow = Selectable<CloudAccountsTable>;
export type Credential = z.output<typeof CloudCredential>;
/** Builds on this machine; nothing of it goes to AWS. */
export const LOCAL_ACCOUNT = 'local';
/** What the process finds: variables, profile, instance or pod identity. */
export const ENVIRONMENT_ACCOUNT = 'environment';
/** The one region of the local account. */
export const LOCAL_REGION = 'local';

/** What of a credential is no secret. */
export interface ShownCredential {
  /** The last four characters. */
  readonly access_key: string | null;
  readonly role_arn: string | null;
  readonly external_id: string | null;
  readonly via: string | null;
}
const NOTHING_SHOWN: ShownCredential = { access_key: null, role_arn: null, external_id: null, via: null };

export function shownOf(credential: Credential): ShownCredential {
  switch (credential.type) {
    case 'environment':
      return NOTHING_SHOWN;
    case 'static_keys':
      return { ...NOTHING_SHOWN, access_key: credential.access_key.slice(-4) };
    case 'assume_role':
      return {
        ...NOTHING_SHOWN,
        role_arn: credential.role_arn,
        external_id: credential.external_id ?? null,
        via: credential.via,
      };
  }
}

export const regionsOf = (row: CloudAccountRow): string[] => JSON.parse(row.regions) as string[];
export const shownIn = (row: CloudAccountRow): ShownCredential => JSON.parse(row.shown) as ShownCredential;
/** Where a sealed credential belongs: moved to another row it does not open. */
export const sealedFor = (id: string): string => `cloud-account/${id}`;

export const toView = (row: CloudAccountRow): CloudAccountView => ({
  id: row.id,
  name: row.name,
  description: row.description,
  kind: row.kind as CloudAccountView['kind'],
  ...shownIn(row),
  regions: regionsOf(row),
  is_default: row.is_default === 1,
  builtin: row.builtin === 1,
  concurrent_builds: row.concurrent_builds,
  account_id: row.account_id,
  checked_at: row.checked_at,
  created_at: row.created_at,
});
