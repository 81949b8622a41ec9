/**
 * A table that scrolls sideways by itself, or, with `stack`, turns its rows into cards on a phone.
 * Its cell classes (mono, dim, right, nowrap, ellipsis) are `cell`.
 */
import { Button } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './table.module.css';

export const cell = {
  mono: classes.mono ?? '',
  dim: classes.dim ?? '',
  right: classes.right ?? '',
  nowrap: classes.nowrap ?? '',
  ellipsis: classes.ellipsis ?? '',
};

export function Table({ label, stack = true, children }: { label: string; stack?: boolean; children: ReactNode }) {
  return (
    <div className={classes.wrap} role="group" aria-label={label} tabIndex={0}>
      <table className={`${classes.table} ${stack ? classes.stack : ''}`}>{children}</table>
    </div>
  );
}

export interface MoreProps {
  readonly hasMore: boolean;
  readonly loading: boolean;
  readonly onMore: () => void;
}
export function LoadMore({ hasMore, loading, onMore }: MoreProps) {
  if (!hasMore) return null;
  return (
    <div className={classes.more}>
      <Button variant="default" size="xs" loading={loading} onClick={onMore}>
        Load more
      </Button>
    </div>
  );
}
