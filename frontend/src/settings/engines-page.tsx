/** Which engine does what on this platform: what was picked at start, and why. */
import type { EngineView } from '@aws-deployer/platform/contracts/applications';
import { useQuery } from '@tanstack/react-query';
import { enginesQuery } from '../api/deployments.js';
import { Chip } from '../ui/chip.js';
import { LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import classes from './settings.module.css';

const PORTS: Readonly<Record<EngineView['port'], string>> = {
  builder: 'Image builder',
  registry: 'Registry',
  cluster: 'Cluster',
  runtime: 'Pod runtime',
  aws: 'AWS',
  database: 'Database',
};

export function EnginesPage() {
  const query = useQuery(enginesQuery);
  return (
    <Panel title="Engines" note="picked when the platform started" flush>
      {query.isPending && <LoadingRows rows={4} label="Loading the engines" />}
      {query.error && <Problem error={query.error} what="The engines" onRetry={() => void query.refetch()} />}
      <ul className={classes.engines}>
        {(query.data ?? []).map((engine) => (
          <li key={engine.port} className={classes.engine}>
            <h3>{PORTS[engine.port]}</h3>
            <span className={classes.picked}>
              {engine.picked} {engine.simulated && <Chip tone="warn">simulated</Chip>}
            </span>
            <span className={classes.why}>{engine.why}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
