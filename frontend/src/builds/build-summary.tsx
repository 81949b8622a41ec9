/** The facts of a build: what was built, by which engine, for whom, how long, for how much; what it exported. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { Link } from '@tanstack/react-router';
import { CopyButton } from '../ui/copy-button.js';
import { fact, Fact, Facts, Hash } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';
import { DataTable } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { duration, money, shortCommit } from '../ui/words.js';
import { overrideWords } from './override-words.js';
import { triggerWords } from './statuses.js';

export function BuildSummary({ build }: { build: BuildView }) {
  const overrides = overrideWords(build.overrides);
  const exported = Object.entries(build.exported_variables);
  return (
    <>
      <Panel
        title="Build"
        flush
        tools={
          build.aws_console_url === null ? undefined : (
            <a href={build.aws_console_url} target="_blank" rel="noreferrer">
              Open in the AWS console
            </a>
          )
        }
      >
        <Facts>
          <Fact name="Source version">
            {build.source_version === null ? (
              <span className={fact.dim}>the project’s own</span>
            ) : (
              <code className={fact.clip} title={build.source_version}>
                {build.source_version}
              </code>
            )}
          </Fact>
          <Fact name="Commit">
            {build.resolved_commit === null ? (
              <span className={fact.dim}>not known</span>
            ) : (
              <Hash full={build.resolved_commit} short={shortCommit(build.resolved_commit)} what="commit" />
            )}
          </Fact>
          <Fact name="Engine">
            {build.engine === 'local' ? 'local runner' : 'AWS CodeBuild'}
            {build.runtime !== null && (
              <span className={fact.dim}>{build.runtime === 'host' ? 'on the host' : 'in a container'}</span>
            )}
          </Fact>
          <Fact name="Account">
            {build.account}
            {build.region !== build.account && <span className={fact.dim}>{build.region}</span>}
          </Fact>
          <Fact name="Duration">
            <Elapsed build={build} />
          </Fact>
          <Fact name="Cost">
            {build.cost_usd === null ? (
              <span className={fact.dim}>not known yet</span>
            ) : (
              <span className={fact.tabular}>{money(build.cost_usd)}</span>
            )}
            {build.billed_minutes !== null && <span className={fact.dim}>{build.billed_minutes} min billed</span>}
          </Fact>
          <Fact name="Started by">
            {build.created_by}
            <span className={fact.dim}>
              {triggerWords(build.trigger)}, <TimeAgo at={build.created_at} />
            </span>
          </Fact>
          <Fact name="Team">{build.team}</Fact>
          {build.retry_of !== null && (
            <Fact name="Retry of">
              <Link to="/builds/$id" params={{ id: build.retry_of }}>
                the build before
              </Link>
            </Fact>
          )}
          {build.batch_id !== null && (
            <Fact name="Batch">
              <Link to="/builds" search={{ batch: build.batch_id }}>
                all builds of it
              </Link>
              {build.batch_identifier !== null && <span className={fact.dim}>as {build.batch_identifier}</span>}
            </Fact>
          )}
          {build.aws_build_id !== null && (
            <Fact name="AWS id">
              <Hash full={build.aws_build_id} short={build.aws_build_id.slice(-18)} what="AWS build id" />
            </Fact>
          )}
          {overrides.length > 0 && <Fact name="Otherwise than the project">{overrides.join(', ')}</Fact>}
        </Facts>
      </Panel>
      {exported.length > 0 && (
        <Panel title="Exported variables" flush>
          <DataTable
            label="Exported variables"
            items={exported}
            rowKey={([name]) => name}
            columns={[
              { name: 'Name', className: cell.mono, render: ([name]) => <b>{name}</b> },
              { name: 'Value', className: cell.mono, wide: true, render: ([, value]) => value },
              {
                name: 'Copy',
                actions: true,
                render: ([name, value]) => <CopyButton value={value} what={name} size={22} />,
              },
            ]}
          />
        </Panel>
      )}
    </>
  );
}

function Elapsed({ build }: { build: BuildView }) {
  const running = build.started_at !== null && build.ended_at === null;
  const now = useNow(running ? 1000 : null);
  if (build.duration_seconds !== null && !running)
    return <span className={fact.tabular}>{duration(build.duration_seconds * 1000)}</span>;
  if (build.started_at === null) return <span className={fact.dim}>not started</span>;
  const end = build.ended_at === null ? now : Date.parse(build.ended_at);
  return <span className={fact.tabular}>{duration(end - Date.parse(build.started_at))}</span>;
}
