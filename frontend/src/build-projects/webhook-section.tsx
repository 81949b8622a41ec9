/** Builds by push: groups of filters, one of which must hold whole; and the badge that shows the last build. */
import { ActionIcon, Button, Checkbox, Input, Select, Switch, TextInput } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { ProjectPart } from './project-part.js';
import type { WebhookFilter } from './project-values.js';
import form from '../ui/form.module.css';
import classes from './project-form.module.css';

const FILTERS: readonly { value: WebhookFilter['type']; label: string; hint: string }[] = [
  { value: 'EVENT', label: 'Event', hint: 'PUSH, PULL_REQUEST_CREATED' },
  { value: 'HEAD_REF', label: 'Branch or tag (head)', hint: '^refs/heads/main$' },
  { value: 'BASE_REF', label: 'Base branch', hint: '^refs/heads/main$' },
  { value: 'FILE_PATH', label: 'Changed file', hint: '^src/' },
  { value: 'COMMIT_MESSAGE', label: 'Commit message', hint: '\\[build\\]' },
  { value: 'ACTOR_ACCOUNT_ID', label: 'Who pushed', hint: '^12345$' },
  { value: 'TAG_NAME', label: 'Tag', hint: '^v[0-9]+' },
  { value: 'RELEASE_NAME', label: 'Release', hint: '^v[0-9]+' },
  { value: 'REPOSITORY_NAME', label: 'Repository', hint: '^shop$' },
];
const FIRST: WebhookFilter = { type: 'EVENT', pattern: 'PUSH', exclude: false };

export function WebhookSection({ values, errors, set }: ProjectPart) {
  const groups = values.filterGroups;
  const change = (index: number, group: readonly WebhookFilter[]) =>
    set(
      'filterGroups',
      groups.map((each, at) => (at === index ? group : each)).filter((each) => each.length > 0),
    );
  return (
    <>
      <Switch
        label="Build at every push that the filters let through"
        checked={values.webhookOn}
        onChange={(event) => set('webhookOn', event.currentTarget.checked)}
      />
      {values.webhookOn && (
        <Input.Wrapper
          label="Filter groups"
          description="A push starts a build when every filter of at least one group holds. No group: every push does."
          error={errors['filterGroups']}
          labelElement="div"
        >
          <div className={classes.groups}>
            {groups.map((group, index) => (
              <FilterGroup key={index} number={index + 1} group={group} onChange={(next) => change(index, next)} />
            ))}
            <Button
              variant="default"
              size="xs"
              leftSection={<IconPlus size={14} />}
              style={{ alignSelf: 'flex-start' }}
              onClick={() => set('filterGroups', [...groups, [FIRST]])}
            >
              Add a group
            </Button>
          </div>
        </Input.Wrapper>
      )}
      <Switch
        label="A badge of the last build, for a README"
        checked={values.badge}
        onChange={(event) => set('badge', event.currentTarget.checked)}
      />
    </>
  );
}

function FilterGroup(props: {
  number: number;
  group: readonly WebhookFilter[];
  onChange: (group: WebhookFilter[]) => void;
}) {
  const { number, group, onChange } = props;
  const change = (index: number, filter: WebhookFilter) =>
    onChange(group.map((each, at) => (at === index ? filter : each)));
  const name = (index: number) => `Group ${number}, filter ${index + 1}`;
  return (
    <div className={classes.filterGroup} role="group" aria-label={`Filter group ${number}`}>
      {group.map((filter, index) => (
        <div className={classes.filter} key={index}>
          <Select
            aria-label={`${name(index)}: of`}
            data={FILTERS.map(({ value, label }) => ({ value, label }))}
            value={filter.type}
            onChange={(type) => type !== null && change(index, { ...filter, type })}
          />
          <TextInput
            aria-label={`${name(index)}: pattern`}
            placeholder={FILTERS.find(({ value }) => value === filter.type)?.hint ?? ''}
            classNames={{ input: form.monoInput ?? '' }}
            value={filter.pattern}
            onChange={(event) => change(index, { ...filter, pattern: event.currentTarget.value })}
          />
          <Checkbox
            label="not"
            aria-label={`${name(index)}: must not match`}
            checked={filter.exclude}
            onChange={(event) => change(index, { ...filter, exclude: event.currentTarget.checked })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove ${name(index).toLowerCase()}`}
            onClick={() => onChange(group.filter((_, at) => at !== index))}
          >
            <IconX size={15} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        size="compact-xs"
        leftSection={<IconPlus size={13} />}
        style={{ alignSelf: 'flex-start' }}
        onClick={() => onChange([...group, { ...FIRST, type: 'HEAD_REF', pattern: '^refs/heads/main$' }])}
      >
        And another filter
      </Button>
    </div>
  );
}
