/** What is built and where it comes from; the kind of source follows what is pasted, until it is chosen. */
import { Autocomplete, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import { Panel } from '../ui/panel.js';
import type { ProjectPart } from './project-part.js';
import { nameFromSource, SOURCE_TYPES, sourceTypeOf } from './source-type.js';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };

export function SourceSection({ values, errors, set, isNew }: ProjectPart & { isNew: boolean }) {
  const [chosen, setChosen] = useState(!isNew);
  const [named, setNamed] = useState(!isNew);
  const none = values.sourceType === 'none';
  const paste = (location: string) => {
    set('location', location);
    const type = sourceTypeOf(location);
    if (!chosen && type !== null) set('sourceType', type);
    if (!named) set('name', nameFromSource(location));
  };
  return (
    <Panel title="Source">
      <div className={form.fields}>
        <div className={form.twoOne}>
          <TextInput
            label="Repository or object"
            description="An address to clone, or bucket/path.zip"
            placeholder="https://github.com/acme/shop.git"
            required={!none}
            disabled={none}
            classNames={mono}
            value={none ? '' : values.location}
            error={errors['location']}
            onChange={(event) => paste(event.currentTarget.value)}
          />
          <Select
            label="Kind"
            description={chosen ? 'As chosen' : 'Follows the address'}
            data={[...SOURCE_TYPES]}
            value={values.sourceType}
            error={errors['sourceType']}
            onChange={(type) => {
              setChosen(true);
              set('sourceType', type ?? 'github');
              if (type === 'none') set('buildspecKind', 'inline');
            }}
          />
        </div>
        {!none && (
          <div className={form.two}>
            <TextInput
              label={values.sourceType === 's3' ? 'Version of the object' : 'Branch, tag or commit'}
              placeholder={values.sourceType === 's3' ? 'the newest' : 'default branch'}
              classNames={mono}
              value={values.version}
              error={errors['version']}
              onChange={(event) => set('version', event.currentTarget.value)}
            />
            <TextInput
              label="Credential"
              placeholder="arn:aws:codeconnections:… or a secret’s"
              classNames={mono}
              value={values.sourceCredential}
              error={errors['sourceCredential']}
              onChange={(event) => set('sourceCredential', event.currentTarget.value)}
            />
            {values.sourceType !== 's3' && (
              <>
                <NumberInput
                  label="Clone depth"
                  description="0: the whole history"
                  min={0}
                  max={1000}
                  value={values.cloneDepth}
                  error={errors['cloneDepth']}
                  onChange={(value) => set('cloneDepth', typeof value === 'number' ? value : '')}
                />
                <Switch
                  label="With submodules"
                  style={{ alignSelf: 'center' }}
                  checked={values.submodules}
                  onChange={(event) => set('submodules', event.currentTarget.checked)}
                />
              </>
            )}
          </div>
        )}
        <div className={form.two}>
          <TextInput
            label="Project name"
            placeholder="shop"
            required
            disabled={!isNew}
            classNames={mono}
            value={values.name}
            error={errors['name']}
            onChange={(event) => {
              setNamed(event.currentTarget.value !== '');
              set('name', event.currentTarget.value);
            }}
          />
          <TextInput
            label="Description"
            value={values.description}
            error={errors['description']}
            onChange={(event) => set('description', event.currentTarget.value)}
          />
        </div>
        <PlaceFields values={values} errors={errors} set={set} isNew={isNew} />
      </div>
    </Panel>
  );
}

/** In which account and region it lives (for life), and whose share of the queue it uses. */
function PlaceFields({ values, errors, set, isNew }: ProjectPart & { isNew: boolean }) {
  const accounts = useCloudAccounts();
  const all = accounts.data ?? [];
  const main = all.find(({ is_default: isDefault }) => isDefault);
  const account = all.find(({ name }) => name === values.account) ?? main;
  return (
    <div className={form.three}>
      <Select
        label="Account"
        placeholder={main ? `${main.name} (default)` : 'the default one'}
        disabled={!isNew}
        clearable
        clearButtonProps={{ 'aria-label': 'The default account' }}
        data={(!isNew && values.account !== '' && !all.some(({ name }) => name === values.account)
          ? [values.account]
          : []
        ).concat(all.map(({ name }) => name))}
        value={values.account === '' ? null : values.account}
        error={errors['account']}
        onChange={(name) => {
          set('account', name ?? '');
          set('region', '');
        }}
      />
      <Autocomplete
        label="Region"
        placeholder={account?.regions[0] ?? 'the account’s first'}
        disabled={!isNew}
        classNames={mono}
        data={account?.regions ?? []}
        value={values.region}
        error={errors['region']}
        onChange={(region) => set('region', region)}
      />
      <TextInput
        label="Team"
        placeholder="default"
        classNames={mono}
        value={values.team}
        error={errors['team']}
        onChange={(event) => set('team', event.currentTarget.value)}
      />
    </div>
  );
}
