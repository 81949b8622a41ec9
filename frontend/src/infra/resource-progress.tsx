/** An apply as it goes: how far it is, then each resource with its state and time, what needs an eye on top. */
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { Button } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Panel } from '../ui/panel.js';
import type { Tone } from '../ui/tone.js';
import { useNow } from '../ui/use-now.js';
import { duration } from '../ui/words.js';
import { addressParts } from './plan-groups.js';
import { progressRows, type Progress, type ProgressRow, type ProgressStatus } from './run-progress.js';
import { actionFace, isRunEnded } from './statuses.js';
import classes from './resource-progress.module.css';

const AT_FIRST = 40;
const FACES: Readonly<Record<ProgressStatus, { tone: Tone; word: string }>> = {
  failed: { tone: 'bad', word: 'failed' },
  running: { tone: 'live', word: 'running' },
  pending: { tone: 'mute', word: 'pending' },
  done: { tone: 'good', word: 'done' },
};

export interface ResourceProgressProps {
  readonly run: InfraRunView;
  /** What the plan that it carries out was to change. */
  readonly planned: readonly { readonly address: string; readonly action: ProgressRow['action'] }[];
  readonly progress: Progress;
}

export function ResourceProgress({ run, planned, progress }: ResourceProgressProps) {
  const [all, setAll] = useState(false);
  const ended = isRunEnded(run.status);
  const rows = progressRows(planned, progress);
  const now = useNow(!ended && rows.some(({ status }) => status === 'running') ? 500 : null);
  const count = (status: ProgressStatus) => rows.filter((row) => row.status === status).length;
  const [done, failed] = [count('done'), count('failed')];
  const shown = all ? rows : rows.slice(0, AT_FIRST);
  if (rows.length === 0) return null;
  return (
    <Panel title="Resources" note={`${done} of ${rows.length} done${failed > 0 ? `, ${failed} failed` : ''}`} flush>
      <div
        className={classes.bar}
        role="progressbar"
        aria-label="Resources done"
        aria-valuemin={0}
        aria-valuemax={rows.length}
        aria-valuenow={done}
      >
        <span data-tone="good" style={{ width: `${(done / rows.length) * 100}%` }} />
        <span data-tone="bad" style={{ width: `${(failed / rows.length) * 100}%` }} />
      </div>
      <ul className={classes.rows} aria-label="Resources">
        {shown.map((row) => (
          <Row key={row.address} row={row} ended={ended} now={now} />
        ))}
      </ul>
      {rows.length > AT_FIRST && (
        <div className={classes.more}>
          <Button size="xs" variant="default" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `All ${rows.length} resources`}
          </Button>
        </div>
      )}
    </Panel>
  );
}

/** Terraform counts in whole seconds. */
const timeWords = (ms: number): string =>
  ms < 1000 ? '< 1 s' : ms < 60_000 ? `${Math.floor(ms / 1000)} s` : duration(ms);

function Row({ row, ended, now }: { row: ProgressRow; ended: boolean; now: number }) {
  const { module, resource } = addressParts(row.address);
  const action = actionFace(row.action);
  // The run is over: what still seems to run was left where it stood.
  const left = ended && row.status === 'running';
  const face = left ? { tone: 'warn' as const, word: 'left unfinished' } : FACES[row.status];
  const word = ended && row.status === 'pending' ? 'not reached' : face.word;
  const ms =
    row.status === 'running' && !ended && row.startedAt !== null
      ? now - Date.parse(row.startedAt)
      : row.seconds === null
        ? null
        : row.seconds * 1000;
  return (
    <li className={classes.row} data-tone={face.tone} data-status={row.status}>
      <span className={classes.mark} aria-hidden>
        {row.status === 'done' ? (
          <IconCheck size={14} />
        ) : row.status === 'failed' || left ? (
          <IconX size={14} />
        ) : (
          <span className={row.status === 'running' ? classes.turning : classes.dot} />
        )}
      </span>
      <code className={classes.address}>
        {module !== '' && <span className={classes.module}>{module}</span>}
        {resource}
      </code>
      <span className={classes.action} data-tone={action.tone}>
        {action.title.toLowerCase()}
      </span>
      <span className={classes.word}>{word}</span>
      <span className={classes.time}>{ms === null ? '' : timeWords(ms)}</span>
    </li>
  );
}
