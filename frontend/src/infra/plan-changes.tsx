/** What a plan would do, resource by resource, grouped by action; what is lost stands first, in the colour of danger. */
import type { PlanSummaryView, ResourceChangeView } from '@aws-deployer/platform/contracts/infra';
import { Button, TextInput, UnstyledButton } from '@mantine/core';
import { IconChevronRight, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { Notice } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { count } from '../ui/words.js';
import { AttributeChanges } from './attribute-changes.js';
import { addressParts, groupsOf } from './plan-groups.js';
import { actionFace } from './statuses.js';
import classes from './plan.module.css';

/** So few are open from the beginning. */
const OPEN_UP_TO = 8;
/** Below it nobody needs a search. */
const SEARCH_FROM = 6;

export interface PlanChangesProps {
  readonly title: string;
  readonly changes: readonly ResourceChangeView[];
  readonly more?: number;
  readonly note?: string;
  readonly outputs?: PlanSummaryView['outputs'];
}

export function PlanChanges({ title, changes, more = 0, note, outputs = [] }: PlanChangesProps) {
  const [needle, setNeedle] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(changes.length <= OPEN_UP_TO ? changes.map(({ address }) => address) : []),
  );
  const groups = groupsOf(changes, needle);
  const shown = groups.flatMap((group) => group.changes);
  const allOpen = shown.length > 0 && shown.every(({ address }) => open.has(address));
  const toggle = (address: string) =>
    setOpen((before) =>
      before.has(address) ? new Set([...before].filter((each) => each !== address)) : new Set([...before, address]),
    );
  return (
    <Panel
      title={title}
      note={note ?? count(changes.length + more, 'resource')}
      flush
      tools={
        <>
          {changes.length >= SEARCH_FROM && (
            <TextInput
              aria-label={`Search in ${title.toLowerCase()}`}
              placeholder="Address or attribute"
              size="xs"
              w={200}
              leftSection={<IconSearch size={14} />}
              value={needle}
              onChange={(event) => setNeedle(event.currentTarget.value)}
            />
          )}
          {changes.length > 0 && (
            <Button
              size="xs"
              variant="default"
              onClick={() => setOpen(new Set(allOpen ? [] : changes.map(({ address }) => address)))}
            >
              {allOpen ? 'Close all' : 'Open all'}
            </Button>
          )}
        </>
      }
    >
      {groups.map(({ action, changes: members }) => {
        const face = actionFace(action);
        return (
          <section key={action} className={classes.group} data-tone={face.tone} aria-label={face.title}>
            <h3 className={classes.groupTitle}>
              <span className={classes.sign} aria-hidden>
                {face.sign}
              </span>
              {face.title} <b>{members.length}</b>
            </h3>
            {members.map((change) => (
              <ResourceRow
                key={change.address}
                change={change}
                open={open.has(change.address)}
                onToggle={() => toggle(change.address)}
              />
            ))}
          </section>
        );
      })}
      {groups.length === 0 && (
        <p className={classes.none}>
          {changes.length === 0 ? 'No resource changes.' : `Nothing here is named “${needle}”.`}
        </p>
      )}
      {more > 0 && (
        <div className={classes.notice}>
          <Notice tone="warn" title={`${count(more, 'further change')} beyond those shown`}>
            The plan is longer than what is kept to be read; the log has all of it. Approve it only when you know them.
          </Notice>
        </div>
      )}
      {outputs.length > 0 && (
        <p className={classes.outputs}>
          Outputs:{' '}
          {outputs.map(({ name, action, sensitive }) => (
            <span key={name} className={classes.output}>
              <code>{name}</code> {action}
              {sensitive && ', sensitive'}
            </span>
          ))}
        </p>
      )}
    </Panel>
  );
}

function ResourceRow({ change, open, onToggle }: { change: ResourceChangeView; open: boolean; onToggle: () => void }) {
  const { module, resource } = addressParts(change.address);
  const face = actionFace(change.action);
  return (
    <div className={classes.resource}>
      <UnstyledButton className={classes.resourceHead ?? ''} aria-expanded={open} onClick={onToggle}>
        <IconChevronRight size={14} aria-hidden className={classes.fold} data-open={open} />
        <code className={classes.address}>
          {module !== '' && <span className={classes.module}>{module}</span>}
          {resource}
        </code>
        <span className={classes.words}>
          {face.words}
          {change.reason !== null && <span className={classes.reason}>, {change.reason}</span>}
        </span>
      </UnstyledButton>
      {open && <AttributeChanges change={change} />}
    </div>
  );
}
