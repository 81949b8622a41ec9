/** What an apply gives: the outputs of its module, to copy; what is sensitive is only named. */
import type { InfraRunEvents } from '@aws-deployer/platform/contracts/infra';
import { IconLock } from '@tabler/icons-react';
import { CopyButton } from '../ui/copy-button.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { valueText } from './plan-groups.js';
import classes from './settings-page.module.css';

export type Output = InfraRunEvents['outputs']['outputs'][number];

export function OutputsPanel({ outputs }: { outputs: readonly Output[] }) {
  if (outputs.length === 0) return null;
  return (
    <Panel title="Outputs" flush>
      <DataTable<Output>
        label="Outputs"
        items={outputs}
        rowKey={({ name }) => name}
        columns={[
          { name: 'Name', className: cell.mono, render: ({ name }) => <b>{name}</b> },
          {
            name: 'Value',
            wide: true,
            className: cell.mono,
            render: ({ value, sensitive }) =>
              sensitive ? (
                <span className={cell.dim}>
                  <IconLock size={12} aria-hidden /> sensitive
                </span>
              ) : (
                <span className={classes.value}>{typeof value === 'string' ? value : valueText(value)}</span>
              ),
          },
          {
            name: 'Copy',
            actions: true,
            render: ({ name, value, sensitive }) =>
              sensitive ? null : (
                <CopyButton
                  value={typeof value === 'string' ? value : JSON.stringify(value)}
                  what={`output ${name}`}
                  size={22}
                />
              ),
          },
        ]}
      />
    </Panel>
  );
}
