/** Starts a build; what is left as it is comes from the project. */
import type { BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { Checkbox, Input, NumberInput, Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { buildKey, startBatch, startBuild, type StartBuild } from '../api/builds.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { InlineBuildspec } from './buildspec-section.js';
import { COMPUTES, computeLabel } from './environment-options.js';
import type { Amount, Variable } from './project-values.js';
import { VariablesInput } from './variables-input.js';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };

export function StartBuildDialog({ project, onClose }: { project: BuildProjectView; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [version, setVersion] = useState('');
  const [image, setImage] = useState('');
  const [compute, setCompute] = useState<string | null>(null);
  const [timeout, setTimeoutMinutes] = useState<Amount>('');
  const [variables, setVariables] = useState<readonly Variable[]>([]);
  const [ownBuildspec, setOwnBuildspec] = useState(false);
  const [buildspec, setBuildspec] = useState(project.buildspec.type === 'inline' ? project.buildspec.text : '');
  const [noArtifacts, setNoArtifacts] = useState(false);
  const [asBatch, setAsBatch] = useState(false);
  const renew = () => {
    void client.invalidateQueries({ queryKey: ['builds', 'list'] });
    void client.invalidateQueries({ queryKey: ['build-projects'] });
  };
  const batch = useSubmit(startBatch, {
    onDone: ({ batch_id: id }) => {
      renew();
      void navigate({ to: '/builds', search: { batch: id } });
    },
  });
  const start = useSubmit(startBuild, {
    onDone: (build) => {
      client.setQueryData(buildKey(build.id), build);
      renew();
      void navigate({ to: '/builds/$id', params: { id: build.id } });
    },
  });
  const { fields, general } = errorsByField(asBatch ? batch.error : start.error, [
    'source_version',
    'image',
    'compute',
    'timeout_minutes',
    'variables',
    'buildspec',
  ]);
  const chosen = COMPUTES.find(({ value }) => value === compute)?.value;
  const body: StartBuild = {
    ...(version.trim() === '' ? {} : { source_version: version.trim() }),
    ...(image.trim() === '' ? {} : { image: image.trim() }),
    ...(chosen === undefined ? {} : { compute: chosen }),
    ...(timeout === '' ? {} : { timeout_minutes: timeout }),
    ...(ownBuildspec && buildspec.trim() !== '' ? { buildspec } : {}),
    variables: variables.filter(({ name }) => name.trim() !== ''),
    ...(noArtifacts ? { no_artifacts: true } : {}),
  };
  return (
    <FormDialog
      title={`Build ${project.name}`}
      submit="Start build"
      size="lg"
      busy={start.isPending || batch.isPending}
      general={general}
      onClose={onClose}
      onSubmit={() => (asBatch ? batch : start).mutate({ project: project.name, body })}
    >
      {project.source.type !== 'none' && (
        <TextInput
          label="Branch, tag or commit"
          placeholder={project.source.version ?? 'default branch'}
          data-autofocus
          classNames={mono}
          value={version}
          error={fields['source_version']}
          onChange={(event) => setVersion(event.currentTarget.value)}
        />
      )}
      <Input.Wrapper
        label="Variables"
        description="They take the place of those of the same name"
        error={fields['variables']}
        labelElement="div"
      >
        <VariablesInput variables={variables} onChange={setVariables} />
      </Input.Wrapper>
      <TextInput
        label="Image"
        placeholder={project.environment.image}
        classNames={mono}
        value={image}
        error={fields['image']}
        onChange={(event) => setImage(event.currentTarget.value)}
      />
      <div className={form.two}>
        <Select
          label="Size"
          placeholder={computeLabel(project.environment.compute)}
          clearable
          clearButtonProps={{ 'aria-label': 'As the project says' }}
          data={[...COMPUTES]}
          value={compute}
          error={fields['compute']}
          onChange={setCompute}
        />
        <NumberInput
          label="Timeout, minutes"
          placeholder={String(project.timeout_minutes)}
          min={5}
          max={2160}
          value={timeout}
          error={fields['timeout_minutes']}
          onChange={(value) => setTimeoutMinutes(typeof value === 'number' ? value : '')}
        />
      </div>
      <Checkbox
        label="With another buildspec, this once"
        checked={ownBuildspec}
        onChange={(event) => setOwnBuildspec(event.currentTarget.checked)}
      />
      {ownBuildspec && <InlineBuildspec value={buildspec} error={fields['buildspec']} onChange={setBuildspec} />}
      <Checkbox
        label="As a batch: every build that the buildspec’s batch part names"
        checked={asBatch}
        onChange={(event) => setAsBatch(event.currentTarget.checked)}
      />
      {project.artifacts.type !== 'none' && (
        <Checkbox
          label="Keep no artifacts"
          checked={noArtifacts}
          onChange={(event) => setNoArtifacts(event.currentTarget.checked)}
        />
      )}
    </FormDialog>
  );
}
