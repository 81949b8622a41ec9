/** Nothing here, something wrong, not here yet: the three states every list and page renders beside its content. */
import { Button } from '@mantine/core';
import { IconAlertTriangle, IconInfoCircle, IconRefresh } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { asApiError } from '../api/problem.js';
import type { Tone } from './tone.js';
import classes from './feedback.module.css';

export interface EmptyProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}
export function Empty({ icon, title, children, actions }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <div className={classes.art} aria-hidden>
        {icon}
      </div>
      <h2 className={classes.emptyTitle}>{title}</h2>
      {children !== undefined && <p className={classes.emptyText}>{children}</p>}
      {actions !== undefined && <div className={classes.emptyActions}>{actions}</div>}
    </div>
  );
}

export interface NoticeProps {
  readonly tone: Tone;
  readonly title?: ReactNode;
  readonly icon?: ReactNode;
  readonly children?: ReactNode;
  readonly role?: 'alert' | 'status' | 'note';
}
export function Notice({ tone, title, icon, children, role = 'note' }: NoticeProps) {
  const mark = tone === 'bad' || tone === 'warn' ? <IconAlertTriangle size={18} /> : <IconInfoCircle size={18} />;
  return (
    <div className={classes.notice} data-tone={tone} role={role}>
      {icon ?? mark}
      <div className={classes.noticeBody}>
        {title !== undefined && <div className={classes.noticeTitle}>{title}</div>}
        {children}
      </div>
    </div>
  );
}

/** What went wrong, in the server's words, with the number that operators search for. */
export function Problem({ error, what, onRetry }: { error: unknown; what: string; onRetry?: () => void }) {
  const problem = asApiError(error);
  return (
    <Notice tone="bad" role="alert" title={`${what} could not be loaded`}>
      <div>{problem.message}</div>
      {problem.requestId !== null && <div className={classes.small}>Request {problem.requestId}</div>}
      {onRetry && (
        <Button mt={10} size="xs" variant="default" leftSection={<IconRefresh size={14} />} onClick={onRetry}>
          Try again
        </Button>
      )}
    </Notice>
  );
}

/** Rows of grey in the shape of the table that is coming. */
export function LoadingRows({ rows = 5, label }: { rows?: number; label: string }) {
  return (
    <div className={classes.rows} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div className={classes.row} key={index}>
          <div className={classes.bone} style={{ width: 12, borderRadius: 99 }} />
          <div className={classes.bone} style={{ width: `${22 + ((index * 7) % 16)}%` }} />
          <div className={classes.bone} style={{ width: `${14 + ((index * 5) % 12)}%`, marginLeft: 'auto' }} />
        </div>
      ))}
    </div>
  );
}

export function LoadingPanel({ height, label }: { height: number; label: string }) {
  return (
    <div
      className={classes.bone}
      style={{ height, borderRadius: 'var(--radius)', width: '100%' }}
      role="status"
      aria-label={label}
    />
  );
}
