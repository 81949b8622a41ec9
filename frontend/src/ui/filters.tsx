/** The filters above a list: a line of inputs, of which a search waits until the typing pauses. */
import { TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import classes from './filters.module.css';

export function Filters({ children }: { children: ReactNode }) {
  return (
    <div className={classes.filters} role="search">
      {children}
    </div>
  );
}

export interface SearchInputProps {
  readonly label: string;
  /** As the address has it; typing starts from there. */
  readonly value: string;
  readonly onSeek: (text: string) => void;
}

export function SearchInput({ label, value, onSeek }: SearchInputProps) {
  const [typed, setTyped] = useState(value);
  const seek = useDebouncedCallback((text: string) => onSeek(text), 200);
  return (
    <TextInput
      className={classes.search ?? ''}
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        seek(event.currentTarget.value.trim());
      }}
    />
  );
}

/** The filters that are given, for the address: an empty one is none. */
export const given = <T extends object>(filter: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined && value !== '')) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
