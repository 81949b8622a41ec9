/** Picks a build project by a few letters of its name; the server searches. */
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { buildProjectsQuery } from '../api/build-projects.js';
import { itemsOf } from '../api/pages.js';

export function ProjectSelect({ value, onChange }: { value: string; onChange: (project: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [sought] = useDebouncedValue(typed === value ? '' : typed.trim(), 150);
  const found = useInfiniteQuery({
    ...buildProjectsQuery({ q: sought }, 30),
    placeholderData: (before) => before,
    staleTime: 15_000,
  });
  const names = itemsOf(found.data).map(({ name }) => name);
  return (
    <Select
      aria-label="Project"
      placeholder="Any project"
      w={240}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Any project' }}
      nothingFoundMessage="No such project"
      data={value === '' || names.includes(value) ? names : [value, ...names]}
      value={value === '' ? null : value}
      onSearchChange={setTyped}
      onChange={(name) => onChange(name ?? '')}
    />
  );
}
