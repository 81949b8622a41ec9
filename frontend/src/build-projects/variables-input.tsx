/** Rows of build variables: name, value, and where the value is kept; an empty row at the end to type into. */
import { ActionIcon, Select, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { Variable } from './project-values.js';
import form from '../ui/form.module.css';
import classes from './project-form.module.css';

const KINDS: readonly { value: Variable['type']; label: string }[] = [
  { value: 'PLAINTEXT', label: 'Plain' },
  { value: 'PARAMETER_STORE', label: 'Parameter Store' },
  { value: 'SECRETS_MANAGER', label: 'Secrets Manager' },
];
const VALUE_HINTS: Readonly<Record<Variable['type'], string>> = {
  PLAINTEXT: 'value',
  PARAMETER_STORE: '/shop/database-url',
  SECRETS_MANAGER: 'secret-id:json-key',
};
const BLANK: Variable = { name: '', value: '', type: 'PLAINTEXT' };
const mono = { input: form.monoInput ?? '' };

export function VariablesInput(props: { variables: readonly Variable[]; onChange: (variables: Variable[]) => void }) {
  const { variables, onChange } = props;
  const rows = [...variables, BLANK];
  const change = (index: number, row: Variable) =>
    onChange(
      rows
        .map((each, at) => (at === index ? row : each))
        .filter((each, at) => at < variables.length || each.name !== '' || each.value !== ''),
    );
  return (
    <div className={form.pairs}>
      {rows.map((row, index) => (
        <div className={classes.variable} key={index}>
          <TextInput
            aria-label={`Variable ${index + 1}: name`}
            placeholder="NODE_ENV"
            classNames={mono}
            value={row.name}
            onChange={(event) => change(index, { ...row, name: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Variable ${index + 1}: value`}
            placeholder={VALUE_HINTS[row.type]}
            classNames={mono}
            value={row.value}
            onChange={(event) => change(index, { ...row, value: event.currentTarget.value })}
          />
          <Select
            aria-label={`Variable ${index + 1}: kept in`}
            data={[...KINDS]}
            value={row.type}
            onChange={(type) => type !== null && index < variables.length && change(index, { ...row, type })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove variable ${index + 1}`}
            style={{ visibility: index < variables.length ? 'visible' : 'hidden' }}
            onClick={() => onChange(variables.filter((_, at) => at !== index))}
          >
            <IconX size={15} />
          </ActionIcon>
        </div>
      ))}
    </div>
  );
}
