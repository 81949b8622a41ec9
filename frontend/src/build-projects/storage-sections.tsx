/** What builds leave behind, keep for the next one, and write to: artifacts, cache, logs. */
import { Checkbox, Input, SegmentedControl, Switch, TextInput } from '@mantine/core';
import type { ProjectPart } from './project-part.js';
import type { ProjectValues } from './project-values.js';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };
const CACHE_MODES: readonly { value: ProjectValues['cacheModes'][number]; label: string }[] = [
  { value: 'custom', label: 'Paths of the buildspec' },
  { value: 'source', label: 'The clone' },
  { value: 'docker_layer', label: 'Docker layers' },
];

export function ArtifactsSection({ values, errors, set }: ProjectPart) {
  return (
    <>
      <Switch
        label="Keep the files that the buildspec names as artifacts"
        checked={values.artifactsOn}
        onChange={(event) => set('artifactsOn', event.currentTarget.checked)}
      />
      {values.artifactsOn && (
        <>
          <div className={form.two}>
            <TextInput
              label="Bucket"
              description="The local runner keeps them in its own store"
              classNames={mono}
              required
              value={values.artifactBucket}
              error={errors['artifactBucket']}
              onChange={(event) => set('artifactBucket', event.currentTarget.value)}
            />
            <TextInput
              label="Folder"
              description="In the bucket"
              classNames={mono}
              value={values.artifactPath}
              error={errors['artifactPath']}
              onChange={(event) => set('artifactPath', event.currentTarget.value)}
            />
          </div>
          <TextInput
            label="Name"
            placeholder="the project’s"
            classNames={mono}
            value={values.artifactName}
            error={errors['artifactName']}
            onChange={(event) => set('artifactName', event.currentTarget.value)}
          />
          <div className={form.checks}>
            <Checkbox
              label="As one zip"
              checked={values.artifactZip}
              onChange={(event) => set('artifactZip', event.currentTarget.checked)}
            />
            <Checkbox
              label="A folder for each build"
              checked={values.artifactPerBuild}
              onChange={(event) => set('artifactPerBuild', event.currentTarget.checked)}
            />
            <Checkbox
              label="Encrypted"
              checked={values.artifactEncryption}
              onChange={(event) => set('artifactEncryption', event.currentTarget.checked)}
            />
          </div>
        </>
      )}
      <Input.Wrapper label="Cache" labelElement="div">
        <div style={{ marginTop: 4 }}>
          <SegmentedControl
            size="xs"
            aria-label="Cache"
            data={[
              { value: 'none', label: 'None' },
              { value: 'local', label: 'On the build machine' },
              { value: 's3', label: 'In S3' },
            ]}
            value={values.cacheType}
            onChange={(type) => set('cacheType', type)}
          />
        </div>
      </Input.Wrapper>
      {values.cacheType === 'local' && (
        <Checkbox.Group
          label="What is kept"
          value={[...values.cacheModes]}
          error={errors['cacheModes']}
          onChange={(modes) => set('cacheModes', modes as ProjectValues['cacheModes'])}
        >
          <div className={form.checks}>
            {CACHE_MODES.map(({ value, label }) => (
              <Checkbox key={value} value={value} label={label} />
            ))}
          </div>
        </Checkbox.Group>
      )}
      {values.cacheType === 's3' && (
        <TextInput
          label="Bucket and prefix"
          placeholder="builds-cache/shop"
          classNames={mono}
          value={values.cacheLocation}
          error={errors['cacheLocation']}
          onChange={(event) => set('cacheLocation', event.currentTarget.value)}
        />
      )}
    </>
  );
}

export function LogsSection({ values, errors, set }: ProjectPart) {
  return (
    <>
      <Switch
        label="CloudWatch Logs"
        checked={values.cloudwatch}
        onChange={(event) => set('cloudwatch', event.currentTarget.checked)}
      />
      {values.cloudwatch && (
        <div className={form.two}>
          <TextInput
            label="Group"
            placeholder="/aws/codebuild/name"
            classNames={mono}
            value={values.logGroup}
            error={errors['logGroup']}
            onChange={(event) => set('logGroup', event.currentTarget.value)}
          />
          <TextInput
            label="Stream prefix"
            classNames={mono}
            value={values.logStream}
            error={errors['logStream']}
            onChange={(event) => set('logStream', event.currentTarget.value)}
          />
        </div>
      )}
      <Switch
        label="Also to S3"
        checked={values.s3Logs}
        onChange={(event) => set('s3Logs', event.currentTarget.checked)}
      />
      {values.s3Logs && (
        <TextInput
          label="Bucket and prefix"
          placeholder="build-logs/shop"
          classNames={mono}
          value={values.s3LogLocation}
          error={errors['s3LogLocation']}
          onChange={(event) => set('s3LogLocation', event.currentTarget.value)}
        />
      )}
    </>
  );
}
