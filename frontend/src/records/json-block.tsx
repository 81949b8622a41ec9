/** A value of the wire as indented JSON; nothing where there is nothing. */
import classes from './records.module.css';

export function JsonBlock({ label, value }: { label: string; value: unknown }) {
  if (value === null || value === undefined) return null;
  return (
    <figure className={classes.json}>
      <figcaption>{label}</figcaption>
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </figure>
  );
}
