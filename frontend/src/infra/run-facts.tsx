/** The facts of a run: who, when, how long, of which module and version. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { Link } from '@tanstack/react-router';
import { fact, Fact, Facts, Hash } from '../ui/facts.js';
import { Panel } from '../ui/panel.js';
import { TimeAgo } from '../ui/time-ago.js';
import { useNow } from '../ui/use-now.js';
import { duration } from '../ui/words.js';

export function RunFacts({ run }: { run: InfraRunView }) {
  return (
    <Panel title="Run" flush>
      <Facts>
        <Fact name={run.kind === 'apply' ? 'Approved by' : 'Started by'}>
          {run.created_by}
          <span className={fact.dim}>
            <TimeAgo at={run.created_at} />
          </span>
        </Fact>
        <Fact name="Duration">
          <Elapsed run={run} />
        </Fact>
        <Fact name="Module">
          <code>{run.module}</code>
          {run.module_hash !== null && (
            <Hash full={run.module_hash} short={run.module_hash.slice(0, 10)} what="module hash" />
          )}
        </Fact>
        <Fact name="Version">
          {run.made_version !== null ? (
            <Link to="/infrastructure/environments/$name/versions" params={{ name: run.environment }}>
              made version {run.made_version}
            </Link>
          ) : run.from_version !== null ? (
            run.kind === 'drift' ? (
              `against version ${run.from_version}`
            ) : (
              `back to version ${run.from_version}`
            )
          ) : (
            <span className={fact.dim}>{run.kind === 'apply' ? 'none made' : 'as it is set'}</span>
          )}
        </Fact>
      </Facts>
    </Panel>
  );
}

function Elapsed({ run }: { run: InfraRunView }) {
  const running = run.started_at !== null && run.ended_at === null;
  const now = useNow(running ? 1000 : null);
  if (run.started_at === null) return <span className={fact.dim}>not started</span>;
  const end = run.ended_at === null ? now : Date.parse(run.ended_at);
  return <span className={fact.tabular}>{duration(end - Date.parse(run.started_at))}</span>;
}
