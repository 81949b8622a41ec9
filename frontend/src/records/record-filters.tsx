/** The filters that the activity and the audit page share, kept in the address. */
import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { RecordFilter } from '../api/records.js';
import classes from '../ui/filters.module.css';

const SERVICES = ['deployer', 'codebuild', 'history', 'monitor', 'auth', 'infra'];
const PERIODS = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last 24 hours' },
  { value: '168', label: 'Last 7 days' },
  { value: '720', label: 'Last 30 days' },
];

export interface RecordFiltersProps {
  readonly filter: RecordFilter;
  readonly onChange: (next: RecordFilter) => void;
}

export function RecordFilters({ filter, onChange }: RecordFiltersProps) {
  const [text, setText] = useState({
    q: filter.q ?? '',
    user_id: filter.user_id ?? '',
    action_type: filter.action_type ?? '',
  });
  const [hours, setHours] = useState('');
  const seek = useDebouncedCallback((next: RecordFilter) => onChange(next), 250);
  const type = (key: keyof typeof text) => (event: React.ChangeEvent<HTMLInputElement>) => {
    const value = event.currentTarget.value;
    setText((before) => ({ ...before, [key]: value }));
    seek({ ...filter, [key]: value.trim() });
  };
  const filtered = Object.values(filter).some((value) => value !== undefined && value !== '');
  return (
    <div className={classes.filters} role="search">
      <TextInput
        className={classes.search ?? ''}
        aria-label="Search"
        placeholder="Search"
        leftSection={<IconSearch size={15} />}
        value={text.q}
        onChange={type('q')}
      />
      <TextInput aria-label="User" placeholder="User" w={130} value={text.user_id} onChange={type('user_id')} />
      <TextInput
        aria-label="Action"
        placeholder="Action"
        w={170}
        value={text.action_type}
        onChange={type('action_type')}
      />
      <Select
        aria-label="Service"
        w={140}
        data={[{ value: '', label: 'Any service' }, ...SERVICES]}
        value={filter.service ?? ''}
        onChange={(service) => onChange({ ...filter, service: service ?? '' })}
      />
      <Select
        aria-label="Outcome"
        w={140}
        data={[{ value: '', label: 'Any outcome' }, 'succeeded', 'failed', 'denied']}
        value={filter.outcome ?? ''}
        onChange={(outcome) => onChange({ ...filter, outcome: outcome ?? '' })}
      />
      <Select
        aria-label="Period"
        w={140}
        data={PERIODS}
        value={hours}
        onChange={(value) => {
          setHours(value ?? '');
          const from = value ? new Date(Date.now() - Number(value) * 3_600_000).toISOString() : '';
          onChange({ ...filter, from });
        }}
      />
      {filtered && (
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconX size={14} />}
          onClick={() => {
            setText({ q: '', user_id: '', action_type: '' });
            setHours('');
            onChange({});
          }}
        >
          Clear
        </Button>
      )}
    </div>
  );
}
