/** What a plan needs and lacks: each check with what it found, and how to mend what is wrong. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconHelpCircle, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { prerequisitesQuery, type PrerequisiteCheck } from '../api/infra.js';
import { LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { capital, stop } from '../ui/words.js';
import { CheckDetails } from './check-details.js';
import { checkFace, checkName, checksWords, type CheckState } from './check-words.js';
import classes from './checks-panel.module.css';

const ICONS: Readonly<Record<CheckState, typeof IconCircleCheck>> = {
  ok: IconCircleCheck,
  warn: IconAlertTriangle,
  fail: IconCircleX,
  unknown: IconHelpCircle,
};

export function ChecksPanel({ environment }: { environment: InfraEnvironmentView }) {
  const query = useQuery(prerequisitesQuery(environment.name));
  const checks = query.data?.checks;
  return (
    <Panel
      title="Before a plan"
      note={checks === undefined ? 'looking …' : checksWords(checks)}
      flush
      tools={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={14} />}
          loading={query.isFetching}
          onClick={() => void query.refetch()}
        >
          Check again
        </Button>
      }
    >
      {query.isPending && <LoadingRows rows={5} label="Checking what a plan needs" />}
      {query.error && !checks && <Problem error={query.error} what="The checks" onRetry={() => void query.refetch()} />}
      {checks && (
        <ul className={classes.checks} aria-label="Checks">
          {checks.map((check) => (
            <CheckRow key={check.name} check={check} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function CheckRow({ check }: { check: PrerequisiteCheck }) {
  const { name, state, message, mend, details } = check;
  const { tone, word } = checkFace(state);
  const Icon = ICONS[state];
  return (
    <li className={classes.check} data-tone={tone} data-check={state}>
      <Icon size={19} className={classes.icon} aria-hidden />
      <div className={classes.words}>
        <b>{checkName(name)}</b> <span className={classes.word}>{word}</span>
        <p>{stop(message)}</p>
        {mend !== null && state !== 'ok' && (
          <p className={classes.mend}>
            <b>Mend:</b> {capital(stop(mend))}
          </p>
        )}
        {details.length > 0 && <CheckDetails name={checkName(name)} details={details} open={state === 'fail'} />}
      </div>
    </li>
  );
}
