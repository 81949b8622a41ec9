/** What bounds a build: limits and times, network and role, quality gates, tags. */
import { NumberInput, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { PairsInput } from '../ui/pairs-input.js';
import type { ProjectPart } from './project-part.js';
import type { Amount, ProjectValues } from './project-values.js';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };
type AmountName = { [K in keyof ProjectValues]: ProjectValues[K] extends Amount ? K : never }[keyof ProjectValues];

interface AmountInputProps extends ProjectPart {
  readonly name: AmountName;
  readonly label: string;
  readonly description?: string;
  readonly placeholder?: string;
  readonly min: number;
  readonly max: number;
}
function AmountInput({ values, errors, set, name, ...look }: AmountInputProps) {
  return (
    <NumberInput
      {...look}
      value={values[name]}
      error={errors[name]}
      onChange={(value) => set(name, typeof value === 'number' ? value : '')}
    />
  );
}

export function LimitsSection(part: ProjectPart) {
  return (
    <div className={form.three}>
      <AmountInput {...part} name="timeout" label="Timeout" description="Minutes of a build" min={5} max={2160} />
      <AmountInput
        {...part}
        name="queuedTimeout"
        label="Longest wait"
        description="Minutes in the queue"
        min={5}
        max={480}
      />
      <AmountInput
        {...part}
        name="concurrency"
        label="At once"
        description="Builds of this project"
        placeholder="no limit"
        min={1}
        max={1000}
      />
    </div>
  );
}

export function NetworkSection({ values, errors, set }: ProjectPart) {
  return (
    <>
      <TextInput
        label="VPC"
        description="Empty: builds run outside of any VPC"
        placeholder="vpc-0a1b2c3d"
        classNames={mono}
        value={values.vpcId}
        error={errors['vpcId']}
        onChange={(event) => set('vpcId', event.currentTarget.value)}
      />
      {values.vpcId.trim() !== '' && (
        <div className={form.two}>
          <TagsInput
            label="Subnets"
            placeholder={values.subnets.length === 0 ? 'subnet-…, Enter' : ''}
            value={[...values.subnets]}
            error={errors['subnets']}
            onChange={(subnets) => set('subnets', subnets)}
          />
          <TagsInput
            label="Security groups"
            placeholder={values.securityGroups.length === 0 ? 'sg-…, Enter' : ''}
            value={[...values.securityGroups]}
            error={errors['securityGroups']}
            onChange={(groups) => set('securityGroups', groups)}
          />
        </div>
      )}
      <TextInput
        label="Service role"
        description="ARN; empty: the role that the platform keeps for builds"
        placeholder="arn:aws:iam::123456789012:role/build"
        classNames={mono}
        value={values.serviceRole}
        error={errors['serviceRole']}
        onChange={(event) => set('serviceRole', event.currentTarget.value)}
      />
    </>
  );
}

export function GatesSection(part: ProjectPart) {
  const { values, errors, set } = part;
  return (
    <>
      <Switch
        label="There are tests, and none failed"
        checked={values.testsPassed}
        onChange={(event) => set('testsPassed', event.currentTarget.checked)}
      />
      <Switch
        label="The image is signed"
        checked={values.imageSigned}
        onChange={(event) => set('imageSigned', event.currentTarget.checked)}
      />
      {values.imageSigned && (
        <Textarea
          label="Public key"
          description="That the signature must verify with; without it any signature counts"
          placeholder="-----BEGIN PUBLIC KEY-----"
          autosize
          minRows={3}
          maxRows={8}
          classNames={mono}
          value={values.signingKey}
          error={errors['signingKey']}
          onChange={(event) => set('signingKey', event.currentTarget.value)}
        />
      )}
      <div className={form.two}>
        <AmountInput
          {...part}
          name="coverageMin"
          label="Line coverage, at least"
          placeholder="percent; any"
          min={0}
          max={100}
        />
        <AmountInput
          {...part}
          name="criticalMax"
          label="Critical findings, at most"
          placeholder="any number"
          min={0}
          max={100_000}
        />
        <AmountInput
          {...part}
          name="highMax"
          label="High findings, at most"
          placeholder="any number"
          min={0}
          max={100_000}
        />
        <AmountInput
          {...part}
          name="mediumMax"
          label="Medium findings, at most"
          placeholder="any number"
          min={0}
          max={100_000}
        />
      </div>
    </>
  );
}

export function TagsSection({ values, errors, set }: ProjectPart) {
  return (
    <PairsInput
      label="Tags"
      keyPlaceholder="cost-center"
      pairs={values.tags}
      error={errors['tags']}
      onChange={(tags) => set('tags', tags)}
    />
  );
}
