/** What still bears the tags of an environment after its destroy: it costs on, and nobody else will take it away. */
import type { OrphanView } from '@aws-deployer/platform/contracts/infra';
import { IconCircleCheck } from '@tabler/icons-react';
import { CopyButton } from '../ui/copy-button.js';
import { Notice } from '../ui/feedback.js';
import { DataTable } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { count } from '../ui/words.js';
import classes from './sweep-panel.module.css';

export function OrphansPanel({ orphans }: { orphans: readonly OrphanView[] }) {
  if (orphans.length === 0)
    return (
      <Notice tone="good" title="Nothing is left" icon={<IconCircleCheck size={18} />}>
        No resource in the account bears the tags of this environment any more.
      </Notice>
    );
  return (
    <Panel
      title="Left behind"
      note={`${count(orphans.length, 'resource')} still ${orphans.length === 1 ? 'bears' : 'bear'} its tags`}
      flush
    >
      <DataTable<OrphanView>
        label="Left behind"
        items={orphans}
        rowKey={({ id }) => id}
        columns={[
          { name: 'Type', className: cell.nowrap, render: ({ type }) => type },
          { name: 'ARN', wide: true, className: `${cell.mono} ${classes.id}`, render: ({ id }) => id },
          { name: 'Region', className: cell.nowrap, render: ({ region }) => region },
          { name: 'Tag', className: `${cell.mono} ${cell.dim} ${classes.id}`, render: ({ tag }) => tag },
          { name: 'Copy', actions: true, render: ({ id }) => <CopyButton value={id} what="ARN" size={22} /> },
        ]}
      />
    </Panel>
  );
}
