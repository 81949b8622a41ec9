/** The value of one variable, by its type. */
import { PasswordInput, Select, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import type { VariableRow } from './variable-values.js';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };

export interface ValueInputProps {
  readonly label: string;
  readonly row: VariableRow;
  readonly error?: ReactNode;
  /** What stands there while nothing is typed. */
  readonly placeholder?: string | undefined;
  readonly onChange: (text: string) => void;
  /** Where it may be taken back again. */
  readonly onClear?: () => void;
}
export function ValueInput({ label, row, error, placeholder: given, onChange, onClear }: ValueInputProps) {
  const placeholder =
    given ?? (row.kept ? 'kept; type to replace it' : row.type === 'json' ? '["eu-central-1a"]' : 'value');
  if (row.type === 'bool')
    return (
      <Select
        aria-label={label}
        data={[
          { value: 'true', label: 'yes' },
          { value: 'false', label: 'no' },
        ]}
        value={row.text === '' ? null : row.text}
        placeholder={placeholder}
        error={error}
        clearable={onClear !== undefined}
        {...(onClear === undefined ? {} : { onClear })}
        allowDeselect={false}
        onChange={(text) => onChange(text ?? '')}
      />
    );
  if (row.sensitive)
    return (
      <PasswordInput
        aria-label={label}
        autoComplete="off"
        placeholder={placeholder}
        error={error}
        value={row.text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  if (row.type === 'json')
    return (
      <Textarea
        aria-label={label}
        autosize
        minRows={1}
        maxRows={8}
        placeholder={placeholder}
        error={error}
        classNames={mono}
        spellCheck={false}
        value={row.text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      aria-label={label}
      placeholder={placeholder}
      error={error}
      classNames={mono}
      {...(row.type === 'number' ? { inputMode: 'decimal' as const } : {})}
      value={row.text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
