/** Adds a cloud account, or changes one: its keys are replaced only when new ones are given. */
import type { CloudAccountView } from '@aws-deployer/platform/contracts/cloud-accounts';
import { NumberInput, PasswordInput, SegmentedControl, Switch, TagsInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import {
  createCloudAccount,
  updateCloudAccount,
  useCloudAccounts,
  type CloudCredential,
} from '../api/cloud-accounts.js';
import { asApiError } from '../api/problem.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { Notice } from '../ui/feedback.js';
import form from '../ui/form.module.css';

type Kind = CloudCredential['type'];
const KINDS: { value: Kind; label: string }[] = [
  { value: 'static_keys', label: 'Access keys' },
  { value: 'assume_role', label: 'Assumed role' },
  { value: 'environment', label: 'Environment' },
];
const REGIONS = ['eu-central-1', 'eu-west-1', 'eu-north-1', 'us-east-1', 'us-east-2', 'us-west-2', 'ap-southeast-1'];
const mono = { input: form.monoInput ?? '' };

export interface CloudAccountDialogProps {
  readonly account: CloudAccountView | null;
  readonly onClose: () => void;
  readonly onKept: (account: CloudAccountView) => void;
}

export function CloudAccountDialog({ account, onClose, onKept }: CloudAccountDialogProps) {
  const [name, setName] = useState(account?.name ?? '');
  const [description, setDescription] = useState(account?.description ?? '');
  const [kind, setKind] = useState<Kind>(account && account.kind !== 'local' ? account.kind : 'static_keys');
  const [accessKey, setAccessKey] = useState('');
  const [secretKey, setSecretKey] = useState('');
  const [sessionToken, setSessionToken] = useState('');
  const [roleArn, setRoleArn] = useState(account?.role_arn ?? '');
  const [externalId, setExternalId] = useState(account?.external_id ?? '');
  const [via, setVia] = useState(account?.via ?? 'environment');
  const [regions, setRegions] = useState<string[]>(account?.regions ?? ['eu-central-1']);
  const [limit, setLimit] = useState<number | string>(account?.concurrent_builds ?? '');
  const [isDefault, setIsDefault] = useState(account?.is_default ?? false);
  const accounts = useCloudAccounts();
  const create = useSubmit(createCloudAccount, { onDone: onKept });
  const update = useMutation({ mutationFn: updateCloudAccount, onSuccess: onKept });
  const problem = create.error ?? (update.error ? asApiError(update.error) : null);
  const { fields, general } = errorsByField(problem, inputOf);

  const credential: CloudCredential =
    kind === 'static_keys'
      ? {
          type: 'static_keys',
          access_key: accessKey.trim(),
          secret_key: secretKey,
          ...(sessionToken.trim() === '' ? {} : { session_token: sessionToken.trim() }),
        }
      : kind === 'assume_role'
        ? {
            type: 'assume_role',
            role_arn: roleArn.trim(),
            ...(externalId.trim() === '' ? {} : { external_id: externalId.trim() }),
            via: via.trim() === '' ? 'environment' : via.trim(),
          }
        : { type: 'environment' };
  const keepsKeys = account?.kind === 'static_keys' && kind === 'static_keys' && accessKey === '' && secretKey === '';
  const submit = () => {
    const rest = {
      description: description.trim(),
      regions,
      concurrent_builds: typeof limit === 'number' ? limit : null,
    };
    if (!account) create.mutate({ name: name.trim(), credential, is_default: isDefault, ...rest });
    else {
      update.mutate({
        id: account.id,
        change: {
          ...rest,
          ...(keepsKeys ? {} : { credential }),
          ...(isDefault && !account.is_default ? { is_default: true as const } : {}),
        },
      });
    }
  };
  return (
    <FormDialog
      title={account ? `Change ${account.name}` : 'Add a cloud account'}
      submit={account ? 'Keep changes' : 'Add account'}
      size="lg"
      busy={create.isPending || update.isPending}
      general={general}
      onClose={onClose}
      onSubmit={submit}
    >
      <div className={form.two}>
        <TextInput
          label="Name"
          placeholder="production"
          required
          disabled={account !== null}
          data-autofocus
          value={name}
          error={fields['name']}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Description"
          value={description}
          error={fields['description']}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
      </div>
      <SegmentedControl
        aria-label="Signs in with"
        data={KINDS}
        value={kind}
        onChange={(next) => setKind(KINDS.find(({ value }) => value === next)?.value ?? 'static_keys')}
      />
      {kind === 'static_keys' && (
        <>
          <div className={form.two}>
            <TextInput
              label="Access key id"
              placeholder={account?.access_key ? `ends in ${account.access_key}` : 'AKIA…'}
              required={account?.kind !== 'static_keys'}
              autoComplete="off"
              classNames={mono}
              value={accessKey}
              error={fields['access_key']}
              onChange={(event) => setAccessKey(event.currentTarget.value)}
            />
            <PasswordInput
              label="Secret access key"
              placeholder={account?.kind === 'static_keys' ? 'stays as it is' : ''}
              required={account?.kind !== 'static_keys'}
              autoComplete="new-password"
              value={secretKey}
              error={fields['secret_key']}
              onChange={(event) => setSecretKey(event.currentTarget.value)}
            />
          </div>
          <PasswordInput
            label="Session token"
            description="For keys that end by themselves"
            autoComplete="new-password"
            value={sessionToken}
            error={fields['session_token']}
            onChange={(event) => setSessionToken(event.currentTarget.value)}
          />
        </>
      )}
      {kind === 'assume_role' && (
        <>
          <TextInput
            label="Role"
            placeholder="arn:aws:iam::123456789012:role/aws-deployer"
            required
            classNames={mono}
            value={roleArn}
            error={fields['role_arn']}
            onChange={(event) => setRoleArn(event.currentTarget.value)}
          />
          <div className={form.two}>
            <TextInput
              label="External id"
              description="As the role’s trust policy asks for"
              classNames={mono}
              value={externalId}
              error={fields['external_id']}
              onChange={(event) => setExternalId(event.currentTarget.value)}
            />
            <TextInput
              label="Assumed by"
              description="The account whose identity does it"
              list="cloud-account-names"
              classNames={mono}
              value={via}
              error={fields['via']}
              onChange={(event) => setVia(event.currentTarget.value)}
            />
            <datalist id="cloud-account-names">
              {(accounts.data ?? [])
                .filter((each) => each.kind !== 'local' && each.id !== account?.id)
                .map((each) => (
                  <option key={each.id} value={each.name} />
                ))}
            </datalist>
          </div>
        </>
      )}
      {kind === 'environment' && (
        <Notice tone="mute">
          What the platform’s process finds: environment variables, a profile, the identity of its instance or pod.
        </Notice>
      )}
      <TagsInput
        label="Regions"
        description="The first is the default one"
        data={REGIONS}
        value={regions}
        error={fields['regions']}
        onChange={setRegions}
      />
      <NumberInput
        label="Builds at once"
        description="Empty: what the service quota of the account says"
        placeholder="by the quota"
        min={1}
        max={5000}
        value={limit}
        error={fields['concurrent_builds']}
        onChange={setLimit}
      />
      {!account?.is_default && (
        <Switch
          label="Use it where no account is named"
          checked={isDefault}
          onChange={(event) => setIsDefault(event.currentTarget.checked)}
        />
      )}
    </FormDialog>
  );
}

const INPUTS = ['name', 'description', 'regions', 'concurrent_builds'];
/** `credential.role_arn` → `role_arn`, `regions[0]` → `regions`. */
function inputOf(field: string): string | null {
  if (field.startsWith('credential.')) return field.slice('credential.'.length);
  return INPUTS.find((name) => field === name || field.startsWith(`${name}[`) || field.startsWith(`${name}.`)) ?? null;
}
