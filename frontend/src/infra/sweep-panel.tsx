/**
 * What Kubernetes made in the account beside Terraform, and a destroy takes along: load balancers, volumes and the like. Of a
 * plan what will go, of its apply what became of each.
 */
import type { SweptResourceView, SweepView } from '@aws-deployer/platform/contracts/infra';
import { Chip } from '../ui/chip.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import type { Tone } from '../ui/tone.js';
import { count } from '../ui/words.js';
import classes from './sweep-panel.module.css';

const STATES: Readonly<Record<SweptResourceView['state'], { tone: Tone; word: string }>> = {
  planned: { tone: 'bad', word: 'will go' },
  gone: { tone: 'good', word: 'gone' },
  failed: { tone: 'bad', word: 'failed' },
};

export function SweepPanel({ sweep, ended }: { sweep: SweepView; ended: boolean }) {
  const { clusters, items } = sweep;
  const of = clusters.map(({ name }) => name).join(', ');
  return (
    <Panel title="Made by Kubernetes" note={clusters.length === 0 ? undefined : `in ${of}`} flush>
      {items.length === 0 ? (
        <p className={classes.none}>
          {clusters.length === 0 ? 'No cluster was found.' : `Nothing of ${of} stands in the account beside Terraform.`}
        </p>
      ) : (
        <DataTable<SweptResourceView>
          label="Made by Kubernetes"
          items={items}
          rowKey={({ kind, id }) => `${kind} ${id}`}
          columns={[
            {
              name: 'State',
              className: cell.nowrap,
              render: ({ state, when }) => (
                <>
                  <Chip tone={STATES[state].tone}>
                    {state === 'planned' && ended ? 'not reached' : STATES[state].word}
                  </Chip>
                  {state === 'planned' && when === 'after' && <span className={cell.dim}> after the nodes</span>}
                </>
              ),
            },
            { name: 'Kind', className: cell.nowrap, render: ({ kind }) => kind.replaceAll('_', ' ') },
            {
              name: 'What',
              wide: true,
              render: ({ name, id, reason }) => (
                <>
                  <span className={`${cell.mono} ${classes.id}`}>{name === '' ? id : name}</span>
                  {name !== '' && name !== id && <div className={`${cell.mono} ${cell.dim} ${classes.id}`}>{id}</div>}
                  {reason !== null && <div className={classes.reason}>{reason}</div>}
                </>
              ),
            },
            { name: 'Because', className: `${cell.mono} ${cell.dim} ${classes.id}`, render: ({ tag }) => tag },
          ]}
        />
      )}
    </Panel>
  );
}

/** How many of them there are, for the gate: they are lost too. */
const sweptCount = (sweep: SweepView | null): number => sweep?.items.length ?? 0;
export const sweptWords = (sweep: SweepView | null): string | null =>
  sweptCount(sweep) === 0 ? null : `${count(sweptCount(sweep), 'thing')} that Kubernetes made`;
