/** What a preflight found: what fails first, each with its mend; what is well in one line that opens. */
import type { CheckView } from '@aws-deployer/platform/contracts/preflight';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconHelpCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Tone } from '../ui/tone.js';
import { readable } from '../ui/words.js';
import classes from './check-list.module.css';

const FACES: Readonly<
  Record<CheckView['state'], { readonly tone: Tone; readonly word: string; readonly icon: ReactNode }>
> = {
  fail: { tone: 'bad', word: 'Would fail', icon: <IconCircleX size={18} aria-hidden /> },
  warn: { tone: 'warn', word: 'Warning', icon: <IconAlertTriangle size={18} aria-hidden /> },
  unknown: { tone: 'mute', word: 'Not known', icon: <IconHelpCircle size={18} aria-hidden /> },
  ok: { tone: 'good', word: 'Well', icon: <IconCircleCheck size={18} aria-hidden /> },
};
const ORDER: readonly CheckView['state'][] = ['fail', 'warn', 'unknown'];

/** `checks[].name` in words. */
const labelOf = (name: string): string => {
  const text = name.replaceAll('_', ' ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
};

export function CheckList({ checks }: { checks: readonly CheckView[] }) {
  const well = checks.filter(({ state }) => state === 'ok');
  return (
    <div className={classes.checks}>
      <ul className={classes.list} aria-label="Checks">
        {ORDER.flatMap((state) =>
          checks
            .filter((check) => check.state === state)
            .map((check, index) => <Check key={`${state}${index}`} check={check} />),
        )}
      </ul>
      {well.length > 0 && (
        <details className={classes.well}>
          <summary data-tone="good">
            {FACES.ok.icon}
            {well.length} {well.length === 1 ? 'check is' : 'checks are'} well
          </summary>
          <dl>
            {well.map(({ name, message }, index) => (
              <div key={index}>
                <dt>{labelOf(name)}</dt>
                <dd>{message}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  );
}

function Check({ check }: { check: CheckView }) {
  const { tone, word, icon } = FACES[check.state];
  return (
    <li className={classes.check} data-tone={tone} data-state={check.state}>
      {icon}
      <div>
        <p className={classes.message}>
          <span className={classes.word}>{word}: </span>
          {readable(check.message)}
        </p>
        {check.mend !== '' && <p className={classes.mend}>{check.mend}</p>}
        <p className={classes.about}>
          <code>{check.code}</code>
          {check.object !== null && <span>{check.object}</span>}
        </p>
      </div>
    </li>
  );
}
