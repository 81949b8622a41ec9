/** Rows of key and hidden value. */
import { ActionIcon, Input, PasswordInput, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import form from '../ui/form.module.css';

export interface SecretPair {
  readonly key: string;
  readonly value: string;
}

export function SecretPairs(props: {
  pairs: readonly SecretPair[];
  error?: ReactNode;
  onChange: (pairs: readonly SecretPair[]) => void;
}) {
  const { pairs, error, onChange } = props;
  const rows = [...pairs, { key: '', value: '' }];
  const change = (index: number, pair: SecretPair) =>
    onChange(
      rows
        .map((row, at) => (at === index ? pair : row))
        .filter((row, at) => at < pairs.length || row.key !== '' || row.value !== ''),
    );
  return (
    <Input.Wrapper label="Values" error={error} labelElement="div">
      <div className={form.pairs}>
        {rows.map((row, index) => (
          <div className={form.pair} key={index}>
            <TextInput
              aria-label={`Key ${index + 1}`}
              placeholder="PASSWORD"
              classNames={{ input: form.monoInput ?? '' }}
              value={row.key}
              onChange={(event) => change(index, { ...row, key: event.currentTarget.value })}
            />
            <PasswordInput
              aria-label={`Value ${index + 1}`}
              placeholder="value"
              autoComplete="off"
              value={row.value}
              onChange={(event) => change(index, { ...row, value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={`Remove key ${index + 1}`}
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
