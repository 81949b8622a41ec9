/** Rows of key and value; an empty row at the end is always there to type into. */
import { ActionIcon, Input, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Pair } from './pairs.js';
import form from './form.module.css';

export interface PairsInputProps {
  readonly label: string;
  readonly description?: string;
  readonly keyPlaceholder: string;
  readonly valuePlaceholder?: string;
  readonly pairs: readonly Pair[];
  readonly error?: ReactNode;
  readonly onChange: (pairs: Pair[]) => void;
}

export function PairsInput(props: PairsInputProps) {
  const { label, description, keyPlaceholder, valuePlaceholder = 'value', pairs, error, onChange } = props;
  const rows = [...pairs, { key: '', value: '' }];
  const change = (index: number, pair: Pair) => {
    const next = rows.map((row, at) => (at === index ? pair : row));
    onChange(next.filter((row, at) => at < pairs.length || row.key !== '' || row.value !== ''));
  };
  return (
    <Input.Wrapper label={label} description={description} error={error} labelElement="div">
      <div className={form.pairs}>
        {rows.map((row, index) => (
          <div className={form.pair} key={index}>
            <TextInput
              aria-label={`${label}: name ${index + 1}`}
              placeholder={keyPlaceholder}
              classNames={{ input: form.monoInput ?? '' }}
              value={row.key}
              onChange={(event) => change(index, { ...row, key: event.currentTarget.value })}
            />
            <TextInput
              aria-label={`${label}: value ${index + 1}`}
              placeholder={valuePlaceholder}
              classNames={{ input: form.monoInput ?? '' }}
              value={row.value}
              onChange={(event) => change(index, { ...row, value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove row ${index + 1}`}
              style={{ visibility: index < pairs.length ? 'visible' : 'hidden' }}
              onClick={() => onChange(pairs.filter((_, at) => at !== index))}
            >
              <IconX size={15} />
            </ActionIcon>
          </div>
        ))}
      </div>
    </Input.Wrapper>
  );
}
