/** A sheet that opens: its title and what it holds in one line while it is closed. */
import { Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Panel } from './panel.js';
import classes from './fold-panel.module.css';

export interface FoldPanelProps {
  readonly title: string;
  readonly note: ReactNode;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly children: ReactNode;
}

export function FoldPanel({ title, note, open, onToggle, children }: FoldPanelProps) {
  return (
    <Panel>
      <UnstyledButton className={classes.fold ?? ''} aria-expanded={open} onClick={onToggle}>
        <IconChevronRight size={16} aria-hidden className={classes.mark} data-open={open} />
        <span>
          <b>{title}</b>
          <small>{note}</small>
        </span>
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={classes.inside}>{children}</div>
      </Collapse>
    </Panel>
  );
}
