/** The facts of one record that the table has no room for. */
import type { ReactNode } from 'react';
import { CopyButton } from '../ui/copy-button.js';
import classes from './records.module.css';

export function Facts({ children }: { children: ReactNode }) {
  return <dl className={classes.facts}>{children}</dl>;
}

export function Fact({ name, value, copy = false }: { name: string; value: string | null; copy?: boolean }) {
  if (value === null || value === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
        {copy && <CopyButton value={value} what={name} size={20} />}
      </dd>
    </div>
  );
}
