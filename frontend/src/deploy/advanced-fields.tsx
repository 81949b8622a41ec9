/** Everything with a sensible default: build, run, network, checks. */
import { ActionIcon, Button, Input, MultiSelect, NumberInput, Select, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { secretsQuery } from '../api/settings.js';
import type { TestRow } from './form-values.js';
import { numberOf, type FormPart } from './form-props.js';
import { KeptCommand } from './kept-command.js';
import { ResourceFields } from './resource-fields.js';
import { StageLimitFields } from './stage-limit-fields.js';
import { Fieldset } from '../ui/fieldset.js';
import { PairsInput } from '../ui/pairs-input.js';
import classes from './deploy-page.module.css';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };

export function AdvancedFields(part: FormPart) {
  const secrets = useQuery(secretsQuery);
  const all = secrets.data ?? [];
  const opaque = all.filter(({ type }) => type === 'opaque').map(({ name }) => name);
  const credentials = all
    .filter(({ type }) => type !== 'opaque')
    .map(({ name, type }) => ({ value: name, label: `${name} (${type})` }));
  return (
    <>
      {part.values.sourceType !== 'snippet' && <BuildFields {...part} credentials={credentials} />}
      <RunFields {...part} secretNames={[...new Set([...opaque, ...part.values.secrets])]} />
      <NetworkFields {...part} />
      <CheckFields {...part} />
    </>
  );
}

function BuildFields({
  values,
  errors,
  set,
  credentials,
}: FormPart & { credentials: { value: string; label: string }[] }) {
  const isGit = values.sourceType === 'git';
  const known = values.credential === '' || credentials.some(({ value }) => value === values.credential);
  const options = known ? credentials : [...credentials, { value: values.credential, label: values.credential }];
  return (
    <Fieldset title={isGit ? 'Source and build' : 'Source'}>
      <div className={form.two}>
        {isGit && (
          <>
            <TextInput
              label="Context directory"
              placeholder="."
              classNames={mono}
              value={values.context}
              error={errors['context']}
              onChange={(event) => set('context', event.currentTarget.value)}
            />
            <TextInput
              label="Dockerfile"
              placeholder="Dockerfile"
              classNames={mono}
              value={values.dockerfile}
              error={errors['dockerfile']}
              onChange={(event) => set('dockerfile', event.currentTarget.value)}
            />
          </>
        )}
        <Select
          label="Credential"
          description={isGit ? 'For a private repository' : 'For a private registry'}
          placeholder={options.length === 0 ? 'no credentials kept yet' : 'none'}
          data={options}
          clearable
          clearButtonProps={{ 'aria-label': 'Clear the credential' }}
          value={values.credential === '' ? null : values.credential}
          error={errors['credential']}
          onChange={(value) => set('credential', value ?? '')}
        />
        {values.sourceType === 'image' && (
          <TextInput
            label="Build"
            description="Id of the build that made it: its quality gates must have let it pass"
            placeholder="none"
            classNames={mono}
            value={values.imageBuild}
            error={errors['imageBuild']}
            onChange={(event) => set('imageBuild', event.currentTarget.value)}
          />
        )}
        {isGit && (
          <Select
            label="Builder"
            description="Auto takes what this platform found at start"
            data={[
              { value: 'auto', label: 'Auto' },
              { value: 'docker', label: 'Docker Engine' },
              { value: 'host', label: 'Host (no isolation)' },
              { value: 'codebuild', label: 'Build service (AWS CodeBuild or local runner)' },
            ]}
            value={values.builder}
            error={errors['builder']}
            onChange={(value) => set('builder', value ?? 'auto')}
          />
        )}
      </div>
      {isGit && (
        <PairsInput
          label="Build arguments"
          keyPlaceholder="VERSION"
          pairs={values.buildArgs}
          error={errors['buildArgs']}
          onChange={(pairs) => set('buildArgs', pairs)}
        />
      )}
    </Fieldset>
  );
}

function RunFields({ values, errors, set, secretNames }: FormPart & { secretNames: string[] }) {
  return (
    <Fieldset title="Run">
      <div className={form.two}>
        <TextInput
          label="Namespace"
          placeholder="the environment’s own"
          classNames={mono}
          value={values.namespace}
          error={errors['namespace']}
          onChange={(event) => set('namespace', event.currentTarget.value)}
        />
        <Select
          label="Kind"
          data={['Deployment', 'ReplicaSet']}
          value={values.kind}
          error={errors['kind']}
          onChange={(value) => set('kind', value ?? 'Deployment')}
        />
      </div>
      <PairsInput
        label="Environment variables"
        keyPlaceholder="LOG_LEVEL"
        pairs={values.env}
        error={errors['env']}
        onChange={(pairs) => set('env', pairs)}
      />
      <MultiSelect
        label="Secrets"
        description="Their keys become environment variables. Values are kept under Settings, Secrets."
        placeholder={values.secrets.length === 0 ? (secretNames.length === 0 ? 'no secrets kept yet' : 'none') : ''}
        data={secretNames}
        value={[...values.secrets]}
        error={errors['secrets']}
        onChange={(names) => set('secrets', names)}
      />
      <ResourceFields values={values} errors={errors} set={set} />
      <KeptCommand values={values} errors={errors} set={set} />
    </Fieldset>
  );
}

function NetworkFields({ values, errors, set }: FormPart) {
  return (
    <Fieldset title="Network">
      <div className={form.two}>
        <Select
          label="Service type"
          data={['ClusterIP', 'NodePort', 'LoadBalancer']}
          value={values.serviceType}
          error={errors['serviceType']}
          onChange={(value) => set('serviceType', value ?? 'ClusterIP')}
        />
        {values.serviceType !== 'ClusterIP' && (
          <NumberInput
            label="Node port"
            placeholder="any free one"
            min={1024}
            max={65535}
            value={values.nodePort}
            error={errors['nodePort']}
            onChange={(value) => set('nodePort', numberOf(value))}
          />
        )}
      </div>
      <div className={form.two}>
        <TextInput
          label="Route host"
          placeholder="shop.localhost"
          classNames={mono}
          value={values.routeHost}
          error={errors['routeHost']}
          onChange={(event) => set('routeHost', event.currentTarget.value)}
        />
        <TextInput
          label="Route path"
          placeholder="/"
          classNames={mono}
          disabled={values.routeHost.trim() === ''}
          value={values.routePath}
          error={errors['routePath']}
          onChange={(event) => set('routePath', event.currentTarget.value)}
        />
      </div>
    </Fieldset>
  );
}

function CheckFields({ values, errors, set }: FormPart) {
  const change = (index: number, test: TestRow) =>
    set(
      'tests',
      values.tests.map((row, at) => (at === index ? test : row)),
    );
  return (
    <Fieldset title="Checks">
      <div className={form.two}>
        <TextInput
          label="Health path"
          description="Answers 200 when a pod is ready; empty: its port must be open"
          placeholder="/health"
          classNames={mono}
          value={values.healthPath}
          error={errors['healthPath']}
          onChange={(event) => set('healthPath', event.currentTarget.value)}
        />
        <NumberInput
          label="Monitor seconds"
          description="How long a release is watched before it is stable"
          placeholder="the environment’s own"
          min={0}
          max={86400}
          value={values.monitorSeconds}
          error={errors['monitorSeconds']}
          onChange={(value) => set('monitorSeconds', numberOf(value))}
        />
      </div>
      <StageLimitFields values={values} errors={errors} set={set} />
      <Input.Wrapper
        label="Tests"
        description="Requests that must be answered as you say before the release goes on"
        error={errors['tests']}
        labelElement="div"
      >
        <div className={form.pairs}>
          {values.tests.map((test, index) => (
            <div className={classes.test} key={index}>
              <TextInput
                aria-label={`Test ${index + 1}: path`}
                placeholder="/health"
                classNames={mono}
                value={test.path}
                onChange={(event) => change(index, { ...test, path: event.currentTarget.value })}
              />
              <NumberInput
                aria-label={`Test ${index + 1}: expected status`}
                placeholder="status"
                hideControls
                min={100}
                max={599}
                value={test.status}
                onChange={(value) => change(index, { ...test, status: numberOf(value) })}
              />
              <TextInput
                aria-label={`Test ${index + 1}: text the answer must contain`}
                placeholder="answer contains"
                classNames={mono}
                value={test.body}
                onChange={(event) => change(index, { ...test, body: event.currentTarget.value })}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={`Remove test ${index + 1}`}
                onClick={() =>
                  set(
                    'tests',
                    values.tests.filter((_, at) => at !== index),
                  )
                }
              >
                <IconX size={15} />
              </ActionIcon>
            </div>
          ))}
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} />}
            style={{ alignSelf: 'flex-start' }}
            onClick={() => set('tests', [...values.tests, { path: '/', status: 200, body: '' }])}
          >
            Add a test
          </Button>
        </div>
      </Input.Wrapper>
    </Fieldset>
  );
}
