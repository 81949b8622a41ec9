/** The attributes of one resource, before and after; what is sensitive stays hidden, what is not known yet says so. */
import type { ResourceChangeView } from '@aws-deployer/platform/contracts/infra';
import { IconLock } from '@tabler/icons-react';
import { afterOf, beforeOf, type Attribute, type Side } from './plan-groups.js';
import classes from './plan.module.css';

export function AttributeChanges({ change }: { change: ResourceChangeView }) {
  const { action, attributes, address } = change;
  // What only the apply will tell is but a list of names.
  const later = attributes.filter(({ known }) => !known);
  const shown = attributes.filter(({ known }) => known);
  if (attributes.length === 0) return <p className={classes.noAttributes}>No attribute of it changes.</p>;
  return (
    <div className={classes.attributes}>
      {shown.length > 0 && (
        <table className={classes.diff} aria-label={`Attributes of ${address}`}>
          <tbody>
            {shown.map((attribute) => (
              <AttributeRow key={attribute.path} attribute={attribute} action={action} />
            ))}
          </tbody>
        </table>
      )}
      {later.length > 0 && (
        <p className={classes.later}>
          Known after the apply: <code>{later.map(({ path }) => path).join(', ')}</code>
        </p>
      )}
    </div>
  );
}

function AttributeRow({ attribute, action }: { attribute: Attribute; action: ResourceChangeView['action'] }) {
  const before = beforeOf(attribute);
  const after = afterOf(attribute);
  const both = action !== 'create' && action !== 'delete';
  return (
    <tr>
      <th scope="row">{attribute.path}</th>
      <td className={classes.values}>
        {(both || action === 'delete') && <Value side={before} was label="before" />}
        {both && (
          <span className={classes.arrow} aria-hidden>
            →
          </span>
        )}
        {(both || action === 'create') && <Value side={after} label="after" />}
      </td>
    </tr>
  );
}

function Value({ side, was = false, label }: { side: Side; was?: boolean; label: string }) {
  const mark = was ? classes.was : classes.becomes;
  switch (side.kind) {
    case 'none':
      return <span className={classes.nothing}>not set</span>;
    case 'hidden':
      return (
        <span className={classes.hidden} title={`The value ${label} is sensitive and is never shown`}>
          <IconLock size={12} aria-hidden /> sensitive
        </span>
      );
    case 'text':
      return <code className={mark}>{side.text}</code>;
  }
}
