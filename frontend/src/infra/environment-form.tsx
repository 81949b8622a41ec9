/** The form of an environment: what, where, with which variables; an error stands at the field that it names. */
import { Autocomplete, Button, Select, Textarea, TextInput } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRef, useState, type FormEvent } from 'react';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import { infraModulesQuery } from '../api/infra.js';
import type { ApiError } from '../api/problem.js';
import { Notice } from '../ui/feedback.js';
import { FoldPanel } from '../ui/fold-panel.js';
import { PairsInput } from '../ui/pairs-input.js';
import { Panel } from '../ui/panel.js';
import { useRefusals } from '../ui/use-refusals.js';
import { count } from '../ui/words.js';
import { scheduleChoices, minutesOf } from './drift-schedule.js';
import { missingDeclared } from './declared-variables.js';
import { inputOf, missingIn, type EnvironmentValues } from './environment-values.js';
import { VariableRows } from './variable-rows.js';
import form from '../ui/form.module.css';
import layout from '../deploy/deploy-page.module.css';

/** Offered; any other is taken as it is typed. */
const REGIONS = [
  ...['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2', 'ca-central-1', 'sa-east-1'],
  ...['eu-central-1', 'eu-west-1', 'eu-west-2', 'eu-west-3', 'eu-north-1', 'eu-south-1'],
  ...['ap-south-1', 'ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1', 'ap-northeast-2'],
];
/** Inputs of the folded section, as errors name them. */
const FOLDED: readonly string[] = ['backend', 'drift_minutes'];
const OWN_ACCOUNT = 'environment';

export interface EnvironmentFormProps {
  readonly initial: EnvironmentValues;
  readonly isNew: boolean;
  readonly busy: boolean;
  /** What the server said of the last try. */
  readonly problem: ApiError | null;
  readonly onSave: (values: EnvironmentValues) => void;
}

export function EnvironmentForm({ initial, isNew, busy, problem, onSave }: EnvironmentFormProps) {
  const element = useRef<HTMLFormElement>(null);
  const modules = useQuery(infraModulesQuery);
  const [values, setValues] = useState(initial);
  const [open, setOpen] = useState(false);
  const declared = modules.data?.find(({ name }) => name === values.module)?.variables ?? null;
  const { errors, general, begin, mend } = useRefusals(element, problem, inputOf);
  const set = <K extends keyof EnvironmentValues>(key: K, value: EnvironmentValues[K]) => {
    setValues((before) => ({ ...before, [key]: value }));
    const input = key === 'drift' ? 'drift_minutes' : key;
    mend(input);
    if (input in errors && FOLDED.includes(input)) setOpen(true); // it stays open under the hands that mend it
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (begin({ ...missingIn(values), ...missingDeclared(declared ?? [], values.variables) })) onSave(values);
  };
  const known = (useCloudAccounts().data ?? []).map(({ name }) => name);
  const accounts = [...new Set([OWN_ACCOUNT, ...known, initial.account])].filter((name) => name !== '');
  return (
    <form ref={element} className={layout.layout} aria-label="Environment" onSubmit={submit} noValidate>
      <div className={layout.column}>
        <Panel title="Environment">
          <div className={form.fields}>
            <div className={form.two}>
              <TextInput
                label="Name"
                description="Lower-case letters, digits and hyphens"
                placeholder="production"
                required
                disabled={!isNew}
                value={values.name}
                error={errors['name']}
                onChange={(event) => set('name', event.currentTarget.value)}
              />
              <Select
                label="Module"
                description="What it is made of"
                required
                searchable
                placeholder={modules.isPending ? 'Loading …' : 'Pick one'}
                nothingFoundMessage="No such module"
                data={moduleChoices(modules.data ?? [], values.module)}
                value={values.module === '' ? null : values.module}
                error={errors['module'] ?? (modules.error ? 'The modules could not be loaded.' : undefined)}
                onChange={(module) => set('module', module ?? '')}
              />
            </div>
            <Textarea
              label="Description"
              autosize
              minRows={1}
              value={values.description}
              error={errors['description']}
              onChange={(event) => set('description', event.currentTarget.value)}
            />
            <div className={form.two}>
              <Select
                label="Cloud account"
                description="As whom Terraform asks the cloud"
                data={[
                  { value: '', label: 'none: no credentials' },
                  ...accounts.map((name) => ({
                    value: name,
                    label: name === OWN_ACCOUNT ? 'environment: what the service runs with' : name,
                  })),
                ]}
                allowDeselect={false}
                value={values.account}
                error={errors['account']}
                onChange={(account) => set('account', account ?? '')}
              />
              <Autocomplete
                label="Region"
                description="Empty: as the module says"
                placeholder="eu-central-1"
                data={REGIONS}
                value={values.region}
                error={errors['region']}
                onChange={(region) => set('region', region)}
              />
            </div>
          </div>
        </Panel>
        <Panel title="Variables" note="what the module is given; a sensitive value is sealed and never shown again">
          <VariableRows
            rows={values.variables}
            declared={declared}
            errors={errors}
            onChange={(rows) => set('variables', rows)}
          />
        </Panel>
        <FoldPanel
          title="Drift and state"
          note={`looks for drift ${scheduleChoices(minutesOf(values.drift)).find(({ value }) => value === values.drift)?.label ?? ''}, ${
            values.backend.length === 0
              ? 'state where the module says'
              : count(values.backend.length, 'backend setting')
          }`}
          open={open || FOLDED.some((input) => input in errors)}
          onToggle={() => setOpen(!open)}
        >
          <div className={form.fields}>
            <Select
              label="Looks for drift"
              description="Whether what is there is still what was applied; changes nothing"
              data={scheduleChoices(minutesOf(values.drift))}
              allowDeselect={false}
              value={values.drift}
              error={errors['drift_minutes']}
              onChange={(drift) => set('drift', drift ?? '')}
            />
            <PairsInput
              label="Backend settings"
              description="Where the state lies, such as bucket and key; not used where the platform keeps it"
              keyPlaceholder="bucket"
              pairs={values.backend}
              error={errors['backend']}
              onChange={(backend) => set('backend', backend)}
            />
          </div>
        </FoldPanel>
      </div>
      <aside className={layout.plan} aria-label="What comes next">
        <h2>What comes next</h2>
        <ol>
          <li>
            <b>{isNew ? 'Create' : 'Save'}</b>
            {isNew ? 'The environment is known. Nothing is made yet.' : 'Plans of before can no longer be approved.'}
          </li>
          <li>
            <b>Plan</b>
            Terraform works out what would change, and what it would cost.
          </li>
          <li>
            <b>Approve</b>
            Somebody reads the plan. Only that very plan is carried out.
          </li>
        </ol>
        {(general !== null || Object.keys(errors).length > 0) && (
          <Notice tone="bad" role="alert">
            {errors['variables.'] ?? general ?? 'Some fields need a change. They are marked.'}
          </Notice>
        )}
        <Button type="submit" size="md" fullWidth loading={busy} leftSection={<IconDeviceFloppy size={18} />}>
          {isNew ? 'Create environment' : 'Save environment'}
        </Button>
        <Button
          variant="default"
          fullWidth
          renderRoot={(props) =>
            isNew ? (
              <Link to="/infrastructure" {...props} />
            ) : (
              <Link to="/infrastructure/environments/$name/settings" params={{ name: initial.name }} {...props} />
            )
          }
        >
          {isNew ? 'Cancel' : 'Leave it as it is'}
        </Button>
      </aside>
    </form>
  );
}

/** One that is set and no longer there is shown all the same: the server says what is wrong with it. */
function moduleChoices(modules: readonly { readonly name: string }[], current: string) {
  const names = modules.map(({ name }) => name);
  const known = current === '' || names.includes(current) ? names : [...names, current];
  const group = (title: string, prefix: string) => {
    const items = known.filter((name) => name.startsWith(prefix));
    return items.length === 0 ? [] : [{ group: title, items }];
  };
  return [...group('Of the platform', 'repository/'), ...group('Of this installation', 'local/')];
}
