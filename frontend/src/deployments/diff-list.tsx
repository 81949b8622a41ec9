/** What a deployment changes: object by object, field by field, before and after. */
import { Fragment } from 'react';
import type { DiffView, FieldChange, ObjectDiff } from '@aws-deployer/platform/contracts/preflight';
import { Chip } from '../ui/chip.js';
import type { Tone } from '../ui/tone.js';
import classes from './diff-list.module.css';

const TONES: Readonly<Record<ObjectDiff['change'], Tone>> = {
  created: 'good',
  changed: 'warn',
  recreated: 'bad',
  unchanged: 'mute',
};
const MARKS: Readonly<Record<FieldChange['change'], string>> = { added: '+', removed: '−', changed: '~' };
const FIELD_TONES: Readonly<Record<FieldChange['change'], Tone>> = { added: 'good', removed: 'bad', changed: 'warn' };
/** More fields than these are folded: a new object is all new. */
const MOST_OPEN = 12;

export function DiffList({ diff }: { diff: DiffView }) {
  const changed = diff.objects.filter(({ change }) => change !== 'unchanged');
  const same = diff.objects.filter(({ change }) => change === 'unchanged');
  return (
    <div className={classes.objects}>
      {changed.length === 0 && <p className={classes.none}>Nothing changes: the cluster is as it would be.</p>}
      {changed.map((one) => (
        <details key={`${one.kind}/${one.name}`} className={classes.object} open={one.fields.length <= MOST_OPEN}>
          <summary>
            <Chip tone={TONES[one.change]}>{one.change}</Chip>
            <b>{one.kind}</b>
            <code>{one.name}</code>
            <span className={classes.count}>
              {one.fields.length} {one.fields.length === 1 ? 'field' : 'fields'}
            </span>
          </summary>
          <ul aria-label={`Fields of ${one.kind} ${one.name}`}>
            {one.fields.map((field) => (
              <Field key={field.path} field={field} />
            ))}
          </ul>
        </details>
      ))}
      {same.length > 0 && changed.length > 0 && (
        <p className={classes.none}>Unchanged: {same.map(({ kind, name }) => `${kind} ${name}`).join(', ')}.</p>
      )}
    </div>
  );
}

function Field({ field: { path, change, before, after, note } }: { field: FieldChange }) {
  // Both are hidden: that it is another one is all there is to say.
  const hidden = before === MASKED && after === MASKED;
  return (
    <li data-tone={FIELD_TONES[change]} data-change={change}>
      <span className={classes.mark} aria-label={change}>
        {MARKS[change]}
      </span>
      <div>
        <code className={classes.path}>{breakable(path)}</code>
        <div className={classes.values}>
          {hidden && `${MASKED}, another value`}
          {!hidden && before !== undefined && <del title={textOf(before)}>{shortOf(before)}</del>}
          {!hidden && after !== undefined && (
            <span>
              {before !== undefined && <span aria-hidden>→ </span>}
              <ins title={textOf(after)}>{shortOf(after)}</ins>
            </span>
          )}
        </div>
        {note !== undefined && <p className={classes.note}>{note}.</p>}
      </div>
    </li>
  );
}

const MASKED = '[masked]';
/** Where a narrow page may break a path: between its parts, not within a word. */
const breakable = (path: string) =>
  path.split(/(?<=[.\]])(?=.)/).map((part, index) => (
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
/** A digest fills a line and tells no more than its beginning. */
const shortOf = (value: unknown): string => textOf(value).replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…');
