/** Takes projects that an AWS account has already under this platform's care; nothing in AWS changes. */
import { Checkbox, Select, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  importableProjectsQuery,
  importBuildProjects,
  type ImportableProject,
  type ImportResult,
} from '../api/build-projects.js';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import { useSubmit } from '../api/submission.js';
import { Chip } from '../ui/chip.js';
import { LoadingRows, Notice, Problem } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { count } from '../ui/words.js';
import form from '../ui/form.module.css';
import classes from './import-dialog.module.css';

export function ImportDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const accounts = useCloudAccounts();
  const real = (accounts.data ?? []).filter(({ kind }) => kind !== 'local');
  const [picked, setPicked] = useState<string | null>(null);
  const [region, setRegion] = useState<string | null>(null);
  const [names, setNames] = useState<string[]>([]);
  const [team, setTeam] = useState('default');
  const account = real.find(({ name }) => name === picked) ?? real.find((each) => each.is_default) ?? real[0];
  const place = region ?? account?.regions[0];
  const list = useQuery({ ...importableProjectsQuery(account?.name ?? '', place), enabled: account !== undefined });
  const take = useSubmit(importBuildProjects, {
    onDone: () => {
      setNames([]);
      void client.invalidateQueries({ queryKey: ['build-projects'] });
    },
  });
  const { fields, general } = errorsByField(take.error, ['account', 'region', 'names', 'team']);
  return (
    <FormDialog
      title="Import build projects"
      submit={names.length === 0 ? 'Import' : `Import ${count(names.length, 'project')}`}
      size="lg"
      busy={take.isPending}
      disabled={names.length === 0}
      general={general}
      onClose={onClose}
      onSubmit={() => {
        if (account)
          take.mutate({ account: account.name, names, team, ...(place === undefined ? {} : { region: place }) });
      }}
    >
      {accounts.isSuccess && real.length === 0 && (
        <Notice tone="mute" title="There is no AWS account yet">
          Add one under Settings, Cloud accounts. Its projects can be imported then.
        </Notice>
      )}
      {take.data && <Outcome result={take.data} />}
      {account && (
        <div className={form.three}>
          <Select
            label="Account"
            data={real.map(({ name }) => name)}
            value={account.name}
            error={fields['account']}
            onChange={(name) => {
              setPicked(name);
              setRegion(null);
              setNames([]);
            }}
          />
          <Select
            label="Region"
            data={account.regions}
            value={place ?? null}
            error={fields['region']}
            onChange={(next) => {
              setRegion(next);
              setNames([]);
            }}
          />
          <TextInput
            label="Team"
            value={team}
            error={fields['team']}
            onChange={(event) => setTeam(event.currentTarget.value)}
          />
        </div>
      )}
      {account && list.isPending && <LoadingRows rows={3} label="Loading the projects of the account" />}
      {list.error && (
        <Problem error={list.error} what="The projects of the account" onRetry={() => void list.refetch()} />
      )}
      {list.data && <Choice projects={list.data} names={names} onNames={setNames} />}
    </FormDialog>
  );
}

function Outcome({ result: { imported, skipped, lost } }: { result: ImportResult }) {
  return (
    <Notice
      tone={skipped.length > 0 ? 'warn' : 'good'}
      role="status"
      title={`${count(imported.length, 'project')} imported`}
    >
      {skipped.map(({ name, reason }) => (
        <div key={name}>
          <b>{name}</b> was left: {reason}
        </div>
      ))}
      {lost.map(({ name, parts }) => (
        <div key={name}>
          <b>{name}</b> keeps in AWS what is not shown here: {parts.join(', ')}
        </div>
      ))}
    </Notice>
  );
}

function Choice(props: {
  projects: readonly ImportableProject[];
  names: string[];
  onNames: (names: string[]) => void;
}) {
  const { projects, names, onNames } = props;
  const open = projects.filter(({ known }) => !known).map(({ name }) => name);
  if (projects.length === 0) return <p className={form.hint}>This account has no build projects in this region.</p>;
  return (
    <div className={classes.list} role="group" aria-label="Projects of the account">
      <Checkbox
        label={`All ${open.length} that are not here yet`}
        disabled={open.length === 0}
        checked={open.length > 0 && names.length === open.length}
        indeterminate={names.length > 0 && names.length < open.length}
        onChange={(event) => onNames(event.currentTarget.checked ? open : [])}
      />
      {projects.map(({ name, description, known }) => (
        <div key={name} className={classes.item}>
          <Checkbox
            label={name}
            description={description === '' ? undefined : description}
            disabled={known}
            checked={known || names.includes(name)}
            onChange={(event) =>
              onNames(event.currentTarget.checked ? [...names, name] : names.filter((each) => each !== name))
            }
          />
          {known && <Chip>here already</Chip>}
        </div>
      ))}
    </div>
  );
}
