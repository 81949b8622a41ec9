/** Makes an environment, or changes how long releases are watched there and which of them stay restorable. */
import type { EnvironmentView } from '@aws-deployer/platform/contracts/applications';
import { NumberInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { createEnvironment, updateEnvironment, type EnvironmentSettings } from '../api/applications.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import form from '../ui/form.module.css';

export interface EnvironmentDialogProps {
  /** Absent: a new one. */
  readonly environment?: EnvironmentView;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}
const DEFAULT_MONITOR_SECONDS = 10;
const FIELDS = ['name', 'namespace', 'monitor_seconds', 'release_retention.keep', 'release_retention.days'];

export function EnvironmentDialog({ environment, onClose, onSaved }: EnvironmentDialogProps) {
  const [name, setName] = useState(environment?.name ?? '');
  const [namespace, setNamespace] = useState(environment?.namespace ?? '');
  const [seconds, setSeconds] = useState<number | ''>(environment?.monitor_seconds ?? DEFAULT_MONITOR_SECONDS);
  const [keep, setKeep] = useState<number | ''>(environment?.release_retention.keep ?? '');
  const [days, setDays] = useState<number | ''>(environment?.release_retention.days ?? '');
  const save = useSubmit(
    (settings: EnvironmentSettings, key) =>
      environment === undefined
        ? createEnvironment(
            { name: name.trim(), ...(namespace.trim() === '' ? {} : { namespace: namespace.trim() }), ...settings },
            key,
          )
        : updateEnvironment(environment.name, settings),
    {
      onDone: () => {
        onSaved();
        onClose();
      },
    },
  );
  const { fields, general } = errorsByField(save.error, FIELDS);
  const number = (set: (value: number | '') => void) => (value: string | number) =>
    set(typeof value === 'number' ? value : '');
  const submit = () =>
    save.mutate({
      monitor_seconds: seconds === '' ? DEFAULT_MONITOR_SECONDS : seconds,
      release_retention: { keep: keep === '' ? null : keep, days: days === '' ? null : days },
    });
  return (
    <FormDialog
      title={environment === undefined ? 'New environment' : `Environment ${environment.name}`}
      submit={environment === undefined ? 'Make environment' : 'Save'}
      busy={save.isPending}
      general={general}
      onClose={onClose}
      onSubmit={submit}
    >
      {environment === undefined && (
        <div className={form.two}>
          <TextInput
            label="Name"
            placeholder="staging"
            required
            data-autofocus
            value={name}
            error={fields['name']}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Namespace"
            placeholder={name.trim() === '' ? 'as the name' : name.trim()}
            value={namespace}
            error={fields['namespace']}
            onChange={(event) => setNamespace(event.currentTarget.value)}
          />
        </div>
      )}
      <NumberInput
        label="Watch a release for"
        description="Seconds after its tests; a bad one is taken back by itself"
        suffix=" s"
        min={0}
        max={86_400}
        allowDecimal={false}
        value={seconds}
        error={fields['monitor_seconds']}
        onChange={number(setSeconds)}
      />
      <div className={form.two}>
        <NumberInput
          label="Keep the newest releases"
          description="Of each application"
          placeholder="no limit"
          min={1}
          max={10_000}
          allowDecimal={false}
          value={keep}
          error={fields['release_retention.keep']}
          onChange={number(setKeep)}
        />
        <NumberInput
          label="Keep releases for days"
          description="Counted from their making"
          placeholder="no limit"
          min={1}
          max={36_500}
          allowDecimal={false}
          value={days}
          error={fields['release_retention.days']}
          onChange={number(setDays)}
        />
      </div>
      <p style={{ margin: 0, color: 'var(--ink-2)' }}>
        With both limits a release goes when both let it go. Its row stays; it can no longer be restored. The live one
        and the one a rollback goes to always stay.
      </p>
    </FormDialog>
  );
}
