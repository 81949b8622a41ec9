/** Keeps a new secret, or replaces the values of one. */
import { PasswordInput, Select, Textarea, TextInput } from '@mantine/core';
import type { SecretView } from '@aws-deployer/platform/contracts/registries';
import { useState } from 'react';
import { createSecret, replaceSecretValues, type NewSecret } from '../api/settings.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { Notice } from '../ui/feedback.js';
import { SECRET_TYPES } from './secret-types.js';
import { SecretPairs, type SecretPair } from './secret-pairs.js';
import form from '../ui/form.module.css';

export interface SecretDialogProps {
  readonly secret: SecretView | null;
  readonly onClose: () => void;
  readonly onKept: () => void;
}

export function SecretDialog({ secret, onClose, onKept }: SecretDialogProps) {
  const [name, setName] = useState(secret?.name ?? '');
  const [type, setType] = useState<SecretView['type']>(secret?.type ?? 'opaque');
  const [environment, setEnvironment] = useState('');
  const [fixed, setFixed] = useState<Readonly<Record<string, string>>>({});
  const [pairs, setPairs] = useState<readonly SecretPair[]>((secret?.keys ?? []).map((key) => ({ key, value: '' })));
  const keep = useSubmit<NewSecret, SecretView>(
    (body, key) => (secret ? replaceSecretValues(secret.id, body.values) : createSecret(body, key)),
    {
      onDone: () => {
        onKept();
        onClose();
      },
    },
  );
  const { fields, general } = errorsByField(keep.error, ['name', 'type', 'environment', 'values']);
  const face = SECRET_TYPES[type];
  const submit = () => {
    const entries: (readonly [string, string])[] =
      face.keys.length > 0
        ? face.keys.map(({ key }) => [key, fixed[key] ?? ''] as const)
        : pairs.map(({ key, value }) => [key.trim(), value] as const);
    const values = Object.fromEntries(entries.filter(([key, value]) => key !== '' && value !== ''));
    keep.mutate({
      name: name.trim(),
      type,
      ...(environment.trim() === '' ? {} : { environment: environment.trim() }),
      values,
    });
  };
  return (
    <FormDialog
      title={secret ? `Replace the values of ${secret.name}` : 'New secret'}
      size="lg"
      submit={secret ? 'Replace values' : 'Keep secret'}
      busy={keep.isPending}
      general={general}
      onClose={onClose}
      onSubmit={submit}
    >
      {!secret && (
        <>
          <Select
            label="Type"
            description={face.note}
            data={Object.entries(SECRET_TYPES).map(([value, { label }]) => ({ value, label }))}
            value={type}
            error={fields['type']}
            onChange={(value) => setType((value ?? 'opaque') as SecretView['type'])}
          />
          <div className={form.two}>
            <TextInput
              label="Name"
              placeholder="database"
              required
              data-autofocus
              value={name}
              error={fields['name']}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label="Environment"
              placeholder="every one"
              value={environment}
              error={fields['environment']}
              onChange={(event) => setEnvironment(event.currentTarget.value)}
            />
          </div>
        </>
      )}
      {face.keys.map(({ key, label, required, long }) =>
        long ? (
          <Textarea
            key={key}
            label={label}
            required={required}
            autosize
            minRows={4}
            maxRows={10}
            spellCheck={false}
            value={fixed[key] ?? ''}
            onChange={(event) => setFixed({ ...fixed, [key]: event.currentTarget.value })}
          />
        ) : (
          <PasswordInput
            key={key}
            label={label}
            required={required}
            autoComplete="off"
            value={fixed[key] ?? ''}
            onChange={(event) => setFixed({ ...fixed, [key]: event.currentTarget.value })}
          />
        ),
      )}
      {face.keys.length === 0 && <SecretPairs pairs={pairs} onChange={setPairs} error={fields['values']} />}
      {face.keys.length > 0 && fields['values'] !== undefined && (
        <Notice tone="bad" role="alert">
          {fields['values']}
        </Notice>
      )}
    </FormDialog>
  );
}
