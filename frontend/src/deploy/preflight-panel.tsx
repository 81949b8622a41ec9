/** The answer to «Check before deploying»: what would fail, what is warned of, and what would change. */
import type { PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { CheckList } from '../deployments/check-list.js';
import { DiffList } from '../deployments/diff-list.js';
import { LoadingPanel, Notice } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { useEffect, useRef } from 'react';
import classes from './preflight-panel.module.css';

export interface PreflightPanelProps {
  readonly view: PreflightView | null;
  readonly pending: boolean;
  /** The form was changed since it was asked. */
  readonly stale: boolean;
}

export function PreflightPanel({ view, pending, stale }: PreflightPanelProps) {
  const shown = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // The button stands beside or below the form: the answer comes to the reader.
    if (view !== null || pending) shown.current?.scrollIntoView?.({ block: 'nearest' });
  }, [view, pending]);
  return (
    <div ref={shown}>
      {pending ? (
        <LoadingPanel height={180} label="Checking what would happen" />
      ) : (
        view && <Answer view={view} stale={stale} />
      )}
    </div>
  );
}

function Answer({ view, stale }: { view: PreflightView; stale: boolean }) {
  return (
    <Panel
      title="Check before deploying"
      note={`${view.checks.length} checks in ${view.duration_ms} ms; nothing was changed`}
    >
      <div className={classes.answer} role="status" aria-live="polite">
        {stale && <Notice tone="mute">The form was changed since: check again to be sure.</Notice>}
        <Verdict view={view} />
        <CheckList checks={view.checks} />
        {view.diff !== null && (
          <section aria-label="What would change">
            <h3 className={classes.heading}>What would change</h3>
            {view.diff.basis === 'before_build' && (
              <p className={classes.note}>The image is not built yet; its digest comes with the build.</p>
            )}
            <DiffList diff={view.diff} />
          </section>
        )}
      </div>
    </Panel>
  );
}

function Verdict({ view: { ok, checks } }: { view: PreflightView }) {
  const count = (state: string): number => checks.filter((check) => check.state === state).length;
  if (!ok)
    return (
      <Notice
        tone="bad"
        title={`It would fail: ${count('fail') === 1 ? 'one check' : `${count('fail')} checks`} would stop it`}
      >
        Deploying it now would end in its preparation, and change nothing.
      </Notice>
    );
  const warnings = count('warn');
  if (warnings > 0)
    return (
      <Notice
        tone="warn"
        title={
          warnings === 1 ? 'It can be deployed, with one warning' : `It can be deployed, with ${warnings} warnings`
        }
      />
    );
  return <Notice tone="good" title="Nothing stands in the way" />;
}
