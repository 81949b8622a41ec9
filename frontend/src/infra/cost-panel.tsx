/** What the environment costs a month before and after the plan: the sum, the dearest first, and what is in no sum. */
import type { CostView } from '@aws-deployer/platform/contracts/infra';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { Notice } from '../ui/feedback.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { count, money } from '../ui/words.js';
import { costChange, costSource } from './cost-words.js';
import classes from './cost-panel.module.css';

const AT_FIRST = 6;

export function CostPanel({ cost }: { cost: CostView }) {
  const [all, setAll] = useState(false);
  const priced = cost.items
    .filter(({ monthly }) => monthly !== null)
    .sort((a, b) => (b.monthly ?? 0) - (a.monthly ?? 0));
  const shown = all ? priced : priced.slice(0, AT_FIRST);
  const delta = cost.monthly_after - cost.monthly_before;
  return (
    <Panel title="Monthly cost" note={costSource(cost)} flush>
      <p className={classes.sum} data-tone={delta > 0 ? 'warn' : delta < 0 ? 'good' : 'mute'}>
        <span className={classes.before}>{money(cost.monthly_before)}</span>
        <span aria-hidden className={classes.arrow}>
          →
        </span>
        <span className={classes.after}>{money(cost.monthly_after)}</span>
        <b className={classes.delta}>{costChange(cost)}</b>
        {cost.unknown.length > 0 && (
          <span className={classes.without}>without {count(cost.unknown.length, 'resource')} of unknown price</span>
        )}
      </p>
      {priced.length > 0 && (
        <DataTable<CostView['items'][number]>
          label="Cost of each resource"
          items={shown}
          rowKey={({ address }) => address}
          columns={[
            {
              name: 'Resource',
              wide: true,
              className: `${cell.mono} ${classes.address}`,
              render: (item) => item.address,
            },
            {
              name: 'Counted',
              className: cell.dim,
              render: ({ note, checked }) => (checked === false ? `${note}; price not checked` : note),
            },
            { name: 'A month', right: true, className: cell.nowrap, render: ({ monthly }) => money(monthly ?? 0) },
          ]}
        />
      )}
      {priced.length > AT_FIRST && (
        <div className={classes.more}>
          <Button size="xs" variant="default" onClick={() => setAll(!all)}>
            {all ? `Only the dearest ${AT_FIRST}` : `All ${priced.length} resources`}
          </Button>
        </div>
      )}
      {priced.length === 0 && cost.unknown.length === 0 && (
        <p className={classes.none}>Nothing in this plan is charged by the month.</p>
      )}
      {cost.instead_of !== null && (
        <div className={classes.unknown}>
          <Notice tone="warn" title="By the price table of the platform">
            {cost.instead_of}.
          </Notice>
        </div>
      )}
      {cost.unknown.length > 0 && (
        <div className={classes.unknown}>
          <Notice tone="warn" title="Not in the sum: no price is known">
            <ul className={classes.names}>
              {cost.unknown.map((address) => (
                <li key={address}>
                  <code>{address}</code>
                  <span>{cost.items.find((item) => item.address === address)?.note}</span>
                </li>
              ))}
            </ul>
          </Notice>
        </div>
      )}
    </Panel>
  );
}
