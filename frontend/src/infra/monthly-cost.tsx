/** What an environment costs a month as it is applied. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { useQuery } from '@tanstack/react-query';
import { monthlyCostQuery } from '../api/infra.js';
import { count, money } from '../ui/words.js';
import { costSource } from './cost-words.js';
import classes from './environments-page.module.css';

export function MonthlyCost({ environment }: { environment: InfraEnvironmentView }) {
  const { data: cost } = useQuery(monthlyCostQuery(environment));
  if (environment.current_version === null) return <span className={classes.dim}>nothing applied</span>;
  if (cost == null) return <span className={classes.dim}>{cost === null ? 'not known' : '…'}</span>;
  return (
    <>
      <span className={classes.money} title={costSource(cost)}>
        {money(cost.monthly_after)}
      </span>
      {cost.unknown.length > 0 && <span className={classes.dim}>without {count(cost.unknown.length, 'resource')}</span>}
    </>
  );
}
