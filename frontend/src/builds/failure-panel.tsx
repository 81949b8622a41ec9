/** Why a build is not good, before all else: where, what was run, how it ended, what it said last. */
import type { BuildView } from '@aws-deployer/platform/contracts/builds';
import { IconAlertOctagon, IconTerminal2 } from '@tabler/icons-react';
import { plainText } from '../logs/ansi.js';
import { CopyButton } from '../ui/copy-button.js';
import { phaseLabel } from './statuses.js';
import classes from '../deployments/verdict-panel.module.css';
import own from './build-page.module.css';

export function FailurePanel({ build }: { build: BuildView }) {
  const { failure } = build;
  if (!failure) return null;
  const lines = failure.last_lines.map(plainText);
  return (
    <section className={classes.panel} data-tone="bad" aria-label="Why it failed">
      <div className={classes.fault}>
        <IconAlertOctagon size={18} aria-hidden />
        {failure.phase === null ? 'The build failed' : `${phaseLabel(failure.phase)} failed`}
        {failure.exit_code !== null && <code className={classes.code}>exit code {failure.exit_code}</code>}
      </div>
      {/* A command may begin the sentence: its letters stay as they are. */}
      <p className={own.said}>{failure.message}</p>
      {failure.command !== null && (
        <dl className={classes.facts}>
          <div>
            <dt>Command</dt>
            <dd>
              {failure.command} <CopyButton value={failure.command} what="command" size={20} />
            </dd>
          </div>
        </dl>
      )}
      {lines.length > 0 && (
        <figure className={classes.evidence}>
          <figcaption>
            <IconTerminal2 size={14} aria-hidden /> Its last lines
          </figcaption>
          <pre tabIndex={0}>{lines.join('\n')}</pre>
        </figure>
      )}
    </section>
  );
}
