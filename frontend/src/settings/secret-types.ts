/** The kinds of secret, and the keys each wants. */
import type { SecretView } from '@aws-deployer/platform/contracts/registries';

export interface SecretKey {
  readonly key: string;
  readonly label: string;
  readonly required: boolean;
  readonly long?: boolean;
}
export interface SecretTypeFace {
  readonly label: string;
  readonly note: string;
  /** Empty: the keys are the person's own. */
  readonly keys: readonly SecretKey[];
}

export const SECRET_TYPES: Readonly<Record<SecretView['type'], SecretTypeFace>> = {
  opaque: { label: 'Environment variables', note: 'Given to the pods of applications that name it', keys: [] },
  git_token: {
    label: 'Git token',
    note: 'For private repositories over HTTPS',
    keys: [
      { key: 'username', label: 'User name', required: false },
      { key: 'token', label: 'Token', required: true },
    ],
  },
  ssh_key: {
    label: 'SSH key',
    note: 'For private repositories over SSH',
    keys: [
      { key: 'private_key', label: 'Private key', required: true, long: true },
      { key: 'known_hosts', label: 'Known hosts', required: false, long: true },
    ],
  },
  registry: {
    label: 'Registry',
    note: 'For private images',
    keys: [
      { key: 'username', label: 'User name', required: true },
      { key: 'password', label: 'Password or token', required: true },
    ],
  },
};
