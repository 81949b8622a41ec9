/** Which images of a repository are removed by themselves, in sentences; rules are changed in a dialog. */
import { ActionIcon, Button, NumberInput, Select, TagsInput } from '@mantine/core';
import { IconPlus, IconRecycle, IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { lifecycleQuery, putLifecycle, type LifecycleRule, type RepositoryPlace } from '../api/images.js';
import { asApiError } from '../api/problem.js';
import { Empty, LoadingRows, Notice, Problem } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { given } from '../ui/filters.js';
import { FormDialog } from '../ui/form-dialog.js';
import { Panel } from '../ui/panel.js';
import { count } from '../ui/words.js';
import { ruleSentence } from './lifecycle-words.js';
import classes from './images.module.css';

export function LifecyclePanel({ place, mayWrite }: { place: RepositoryPlace; mayWrite: boolean }) {
  const query = useQuery(lifecycleQuery(place));
  const [editing, setEditing] = useState(false);
  const policy = query.data;
  const others = policy?.other_rules?.length ?? 0;
  const none = policy !== undefined && policy.rules.length === 0 && others === 0;
  return (
    <Panel
      title="Removal by itself"
      flush={none || query.isPending}
      tools={
        mayWrite && policy ? (
          <Button size="xs" variant="default" onClick={() => setEditing(true)}>
            Change the rules
          </Button>
        ) : undefined
      }
    >
      {query.isPending && <LoadingRows rows={2} label="Loading the rules" />}
      {query.error && <Problem error={query.error} what="The rules" onRetry={() => void query.refetch()} />}
      {none && (
        <Empty icon={<IconRecycle size={34} stroke={1.3} />} title="Nothing is removed">
          Images stay until somebody deletes them, and are paid for as long.
        </Empty>
      )}
      {policy && !none && (
        <ol className={classes.rules}>
          {policy.rules.map((rule, index) => (
            <li key={index}>{ruleSentence(rule)}</li>
          ))}
          {others > 0 && <li>{count(others, 'rule')} of another shape, kept as AWS has them.</li>}
        </ol>
      )}
      {editing && policy && <RulesDialog place={place} rules={policy.rules} onClose={() => setEditing(false)} />}
    </Panel>
  );
}

interface RuleRow {
  readonly tags: LifecycleRule['tags'];
  readonly prefixes: string[];
  readonly by: 'count' | 'age';
  readonly amount: number | string;
  readonly description: string;
}
const BLANK: RuleRow = { tags: 'untagged', prefixes: [], by: 'age', amount: 14, description: '' };
const rowOf = (rule: LifecycleRule): RuleRow => ({
  tags: rule.tags,
  prefixes: rule.tag_prefixes,
  by: rule.keep_last === undefined ? 'age' : 'count',
  amount: rule.keep_last ?? rule.older_than_days ?? '',
  description: rule.description,
});
const ruleOf = (row: RuleRow): LifecycleRule => ({
  description: row.description,
  tags: row.tags,
  tag_prefixes: row.tags === 'tagged' ? row.prefixes : [],
  ...(row.by === 'count' ? { keep_last: Number(row.amount) } : { older_than_days: Number(row.amount) }),
});

function RulesDialog(props: { place: RepositoryPlace; rules: readonly LifecycleRule[]; onClose: () => void }) {
  const { place, rules, onClose } = props;
  const client = useQueryClient();
  const [rows, setRows] = useState<readonly RuleRow[]>(rules.map(rowOf));
  const save = useMutation({
    mutationFn: putLifecycle,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['images', 'lifecycle'] });
      onClose();
    },
  });
  const { general } = errorsByField(save.error ? asApiError(save.error) : null, []);
  const change = (index: number, row: RuleRow) => setRows(rows.map((each, at) => (at === index ? row : each)));
  return (
    <FormDialog
      title="Removal by itself"
      submit="Keep these rules"
      size="xl"
      busy={save.isPending}
      disabled={rows.some(({ amount }) => typeof amount !== 'number')}
      general={general}
      onClose={onClose}
      onSubmit={() => save.mutate({ ...given(place), repository: place.repository, rules: rows.map(ruleOf) })}
    >
      <Notice tone="warn">
        AWS removes within a day what a rule names, also images that run. The first rule that names an image decides.
      </Notice>
      {rows.map((row, index) => (
        <div key={index} className={classes.rule} role="group" aria-label={`Rule ${index + 1}`}>
          <Select
            label="Images"
            data={[
              { value: 'untagged', label: 'without a tag' },
              { value: 'tagged', label: 'with a tag' },
              { value: 'any', label: 'all' },
            ]}
            value={row.tags}
            onChange={(tags) => tags !== null && change(index, { ...row, tags })}
          />
          <TagsInput
            label="Tags that begin with"
            disabled={row.tags !== 'tagged'}
            value={row.prefixes}
            onChange={(prefixes) => change(index, { ...row, prefixes })}
          />
          <Select
            label="Remove"
            data={[
              { value: 'age', label: 'older than, days' },
              { value: 'count', label: 'all but the newest' },
            ]}
            value={row.by}
            onChange={(by) => by !== null && change(index, { ...row, by })}
          />
          <NumberInput
            label={row.by === 'age' ? 'Days' : 'Images'}
            min={1}
            value={row.amount}
            onChange={(amount) => change(index, { ...row, amount })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove rule ${index + 1}`}
            onClick={() => setRows(rows.filter((_, at) => at !== index))}
          >
            <IconX size={15} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlus size={14} />}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => setRows([...rows, BLANK])}
      >
        Add a rule
      </Button>
    </FormDialog>
  );
}
