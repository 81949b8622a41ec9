/** One environment on the list: who it is, how it stands, its drift, its cost, and what goes on. */
import type { InfraEnvironmentView, InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { IconArrowRight } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { StatusBadge } from '../ui/status-badge.js';
import { TimeAgo } from '../ui/time-ago.js';
import { MonthlyCost } from './monthly-cost.js';
import { PlanCountsInline } from './plan-counts.js';
import { RunMeter } from './run-meter.js';
import { changesNothing, driftFace, environmentFace } from './statuses.js';
import classes from './environments-page.module.css';

export interface EnvironmentRowProps {
  readonly environment: InfraEnvironmentView;
  readonly running: InfraRunView | undefined;
  readonly waiting: InfraRunView | undefined;
}

export function EnvironmentRow({ environment, running, waiting }: EnvironmentRowProps) {
  const { name, description, module, region, account, status, current_version: version, drift } = environment;
  const face = driftFace(environment);
  const waits = waiting?.summary && !changesNothing(waiting.summary) ? waiting : undefined;
  return (
    <li className={classes.environment}>
      <div className={classes.who}>
        <Link to="/infrastructure/environments/$name" params={{ name }} className={classes.name ?? ''}>
          {name}
        </Link>
        {description !== '' && <p className={classes.description}>{description}</p>}
        <p className={classes.place}>
          <code>{module}</code>
          {region !== null && <span>{region}</span>}
          <span>{account ?? 'no account'}</span>
        </p>
      </div>
      <dl className={classes.facts}>
        <div>
          <dt>State</dt>
          <dd>
            <StatusBadge face={environmentFace(status)} state={status} />
            {version !== null && <span className={classes.dim}>version {version}</span>}
          </dd>
        </div>
        <div>
          <dt>Drift</dt>
          <dd>
            <span className={classes.drift} data-tone={face.tone}>
              <i aria-hidden />
              {face.label}
              {drift.status === 'drifted' && drift.changes > 0 && `: ${drift.changes}`}
            </span>
            {status !== 'empty' && drift.checked_at !== null && (
              <span className={classes.dim}>
                <TimeAgo at={drift.checked_at} />
              </span>
            )}
          </dd>
        </div>
        <div>
          <dt>A month</dt>
          <dd>
            <MonthlyCost environment={environment} />
          </dd>
        </div>
      </dl>
      {running && (
        <div className={classes.news}>
          <RunMeter run={running} />
        </div>
      )}
      {!running && waits?.summary && (
        <Link to="/infrastructure/runs/$id" params={{ id: waits.id }} className={classes.waits ?? ''}>
          A plan waits for approval <PlanCountsInline summary={waits.summary} />
          <IconArrowRight size={15} aria-hidden />
        </Link>
      )}
    </li>
  );
}
