/** What a check looked at, one by one: actions of IAM, quotas with what is used and needed, ranges. */
import { UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useState } from 'react';
import { Chip } from '../ui/chip.js';
import { DataTable } from '../ui/list-panel.js';
import { cell } from '../ui/table.js';
import { count } from '../ui/words.js';
import { checkFace, quotaWords, type CheckDetail, type CheckState } from './check-words.js';
import classes from './checks-panel.module.css';

/** What is wrong comes first. */
const ORDER: readonly CheckState[] = ['fail', 'warn', 'unknown', 'ok'];

export interface CheckDetailsProps {
  readonly name: string;
  readonly details: readonly CheckDetail[];
  readonly open: boolean;
}
export function CheckDetails({ name, details, open }: CheckDetailsProps) {
  const [opened, setOpened] = useState(open);
  const sorted = [...details].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return (
    <div className={classes.details}>
      <UnstyledButton
        className={classes.more ?? ''}
        aria-expanded={opened}
        aria-label={`${name}: ${count(details.length, 'detail')}`}
        onClick={() => setOpened(!opened)}
      >
        <IconChevronRight size={13} aria-hidden className={classes.fold} data-open={opened} />
        {count(details.length, 'detail')}
      </UnstyledButton>
      {opened && (
        <DataTable<CheckDetail>
          label={`${name} in detail`}
          items={sorted}
          rowKey={({ name: key }) => key}
          columns={[
            {
              name: 'State',
              render: ({ state }) => <Chip tone={checkFace(state).tone}>{checkFace(state).word}</Chip>,
            },
            { name: 'What', className: cell.mono, wide: true, render: ({ name: what }) => what },
            {
              name: 'With this plan',
              className: cell.nowrap,
              hidden: details.every((detail) => quotaWords(detail) === null),
              render: (detail) => quotaWords(detail),
            },
            { name: 'Found', wide: true, className: cell.dim, render: ({ message }) => message },
          ]}
        />
      )}
    </div>
  );
}
