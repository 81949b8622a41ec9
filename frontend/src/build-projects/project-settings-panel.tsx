/** What a project is set to, as it reads; its buildspec where that is written in it. */
import type { BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { Chip } from '../ui/chip.js';
import { CopyButton } from '../ui/copy-button.js';
import { fact, Fact, Facts, Hash } from '../ui/facts.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { computeLabel, environmentLabel } from './environment-options.js';
import { valuesOfProject } from './project-values.js';
import { sectionNote } from './project-words.js';
import { sourceTypeLabel } from './source-type.js';
import classes from './project-settings-panel.module.css';

export function ProjectSettingsPanel({ project }: { project: BuildProjectView }) {
  const { source, environment, buildspec } = project;
  const values = valuesOfProject(project);
  return (
    <>
      <Panel title="Settings" flush>
        <Facts>
          <Fact name={`Source, ${sourceTypeLabel(source.type)}`}>
            <span className={fact.clip} title={source.location}>
              {source.location ?? 'none'}
            </span>
          </Fact>
          <Fact name="Version">
            <code>{source.version ?? 'default branch'}</code>
          </Fact>
          <Fact name="Buildspec">{buildspec.type === 'file' ? <code>{buildspec.path}</code> : 'written here'}</Fact>
          <Fact name="Image">
            <code className={fact.clip} title={environment.image}>
              {environment.image}
            </code>
          </Fact>
          <Fact name="Machine">
            {environmentLabel(environment.type)}, {computeLabel(environment.compute)}
            {environment.privileged && <Chip tone="warn">privileged</Chip>}
          </Fact>
          <Fact name="Runs on">
            {project.engine === 'local' ? 'local runner' : 'AWS CodeBuild'}{' '}
            <span className={fact.dim}>
              {project.account}
              {project.region !== project.account && ` ${project.region}`}
            </span>
          </Fact>
          <Fact name="Team">{project.team}</Fact>
          <Fact name="Times and limits">{sectionNote('limits', values)}</Fact>
          <Fact name="Artifacts and cache">{sectionNote('artifacts', values)}</Fact>
          <Fact name="Quality gates">{sectionNote('gates', values)}</Fact>
          <Fact name="Network and role">{sectionNote('network', values)}</Fact>
          <Fact name="Logs">{sectionNote('logs', values)}</Fact>
          <Fact name="Tags">{sectionNote('tags', values)}</Fact>
          <Fact name="Made by">
            {project.created_by}
            <span className={fact.dim}>
              <TimeAgo at={project.created_at} />
            </span>
          </Fact>
          <Fact name="Changed">
            <TimeAgo at={project.updated_at} />
          </Fact>
          {project.arn !== null && (
            <Fact name="ARN">
              <Hash full={project.arn} short={`…:${project.arn.split(':').at(-1) ?? ''}`} what="ARN" />
            </Fact>
          )}
        </Facts>
      </Panel>
      {environment.variables.length > 0 && (
        <Panel title="Variables" note="of every build" flush>
          <DataTable
            label="Variables"
            items={environment.variables}
            rowKey={({ name }) => name}
            columns={[
              { name: 'Name', className: cell.mono, render: ({ name }) => <b>{name}</b> },
              { name: 'Value', wide: true, className: cell.mono, render: ({ value }) => value },
              {
                name: 'Kept in',
                render: ({ type }) =>
                  type === 'PLAINTEXT' ? (
                    <span className={cell.dim}>the project</span>
                  ) : (
                    <Chip>{type === 'PARAMETER_STORE' ? 'Parameter Store' : 'Secrets Manager'}</Chip>
                  ),
              },
            ]}
          />
        </Panel>
      )}
      {buildspec.type === 'inline' && (
        <Panel title="Buildspec" tools={<CopyButton value={buildspec.text} what="buildspec" />} flush>
          <pre className={classes.buildspec} tabIndex={0} aria-label="Buildspec">
            {buildspec.text}
          </pre>
        </Panel>
      )}
    </>
  );
}
