/** The variables of a module, typed; an empty row at the end is always there to type into. */
import { ActionIcon, Checkbox, PasswordInput, Select, Textarea, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { BLANK_VARIABLE, type VariableRow, type VariableType } from './variable-values.js';
import classes from './environment-form.module.css';
import form from '../ui/form.module.css';

const TYPES = [
  { value: 'string', label: 'Text' },
  { value: 'number', label: 'Number' },
  { value: 'bool', label: 'Yes or no' },
  { value: 'json', label: 'JSON' },
];
const mono = { input: form.monoInput ?? '' };

export interface VariableRowsProps {
  readonly rows: readonly VariableRow[];
  readonly errors: Readonly<Record<string, ReactNode>>;
  readonly onChange: (rows: VariableRow[]) => void;
}

export function VariableRows({ rows, errors, onChange }: VariableRowsProps) {
  const all = [...rows, BLANK_VARIABLE];
  const change = (index: number, part: Partial<VariableRow>) =>
    onChange(
      all
        .map((row, at) => (at === index ? { ...row, ...part } : row))
        .filter((row, at) => at < rows.length || row.name !== '' || row.text !== ''),
    );
  return (
    <div className={classes.variables}>
      {all.map((row, index) => {
        const label = row.name === '' ? `Variable ${index + 1}` : `Variable ${row.name}`;
        return (
          <div className={classes.variable} key={index} role="group" aria-label={label}>
            <TextInput
              aria-label={`${label}: name`}
              placeholder="vpc_cidr"
              classNames={mono}
              value={row.name}
              error={errors[`variables.${row.name.trim()}`]}
              onChange={(event) => change(index, { name: event.currentTarget.value })}
            />
            <Select
              aria-label={`${label}: type`}
              data={TYPES}
              value={row.type}
              allowDeselect={false}
              onChange={(type) =>
                type !== null && change(index, { type: type as VariableType, text: textFor(type, row.text) })
              }
            />
            <div className={classes.value}>
              <ValueInput label={`${label}: value`} row={row} onChange={(text) => change(index, { text })} />
            </div>
            <Checkbox
              className={classes.sensitive ?? ''}
              label="Sensitive"
              checked={row.sensitive}
              disabled={row.kept}
              title={row.kept ? 'What was sensitive once stays it; remove it to set it anew' : undefined}
              onChange={(event) => change(index, { sensitive: event.currentTarget.checked })}
            />
            <ActionIcon
              className={classes.remove ?? ''}
              variant="subtle"
              color="gray"
              aria-label={`Remove ${label.toLowerCase()}`}
              style={{ visibility: index < rows.length ? 'visible' : 'hidden' }}
              onClick={() => onChange(rows.filter((_, at) => at !== index))}
            >
              <IconX size={15} />
            </ActionIcon>
          </div>
        );
      })}
    </div>
  );
}

interface ValueInputProps {
  readonly label: string;
  readonly row: VariableRow;
  readonly onChange: (text: string) => void;
}
function ValueInput({ label, row, onChange }: ValueInputProps) {
  const placeholder = row.kept ? 'kept; type to replace it' : row.type === 'json' ? '["eu-central-1a"]' : 'value';
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
      classNames={mono}
      {...(row.type === 'number' ? { inputMode: 'decimal' as const } : {})}
      value={row.text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** What was typed stays where the new type can hold it. */
const textFor = (type: string, text: string): string => (type === 'bool' ? (text === 'true' ? 'true' : 'false') : text);
