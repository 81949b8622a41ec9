/** The variables of a module: those it declares, then others that are set, typed; an empty row is there where what it declares is not known. */
import type { ModuleVariableView } from '@aws-deployer/platform/contracts/infra';
import { ActionIcon, Checkbox, Select, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { DeclaredRows } from './declared-rows.js';
import { ValueInput } from './value-input.js';
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
  /** null: not known. */
  readonly declared: readonly ModuleVariableView[] | null;
  readonly errors: Readonly<Record<string, ReactNode>>;
  readonly onChange: (rows: VariableRow[]) => void;
}

export function VariableRows({ rows: set, declared, errors, onChange }: VariableRowsProps) {
  const isDeclared = ({ name }: VariableRow): boolean => declared?.some((one) => one.name === name) ?? false;
  const ofModule = set.filter(isDeclared);
  const rows = set.filter((row) => !isDeclared(row));
  const all = declared === null ? [...rows, BLANK_VARIABLE] : rows;
  const change = (index: number, part: Partial<VariableRow>) =>
    onChange([
      ...ofModule,
      ...all
        .map((row, at) => (at === index ? { ...row, ...part } : row))
        .filter((row, at) => at < rows.length || row.name !== '' || row.text !== ''),
    ]);
  return (
    <div className={classes.variables}>
      {declared !== null && (
        <DeclaredRows
          declared={declared}
          rows={ofModule}
          errors={errors}
          onSet={(name, row) => onChange([...set.filter((one) => one.name !== name), ...(row === null ? [] : [row])])}
        />
      )}
      {declared !== null && declared.length === 0 && rows.length === 0 && (
        <p className={classes.about}>This module has no variables.</p>
      )}
      {declared !== null && rows.length > 0 && (
        <p className={classes.strange}>Not variables of this module: remove them before it is planned.</p>
      )}
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
              onClick={() => onChange([...ofModule, ...rows.filter((_, at) => at !== index)])}
            >
              <IconX size={15} />
            </ActionIcon>
          </div>
        );
      })}
    </div>
  );
}

/** What was typed stays where the new type can hold it. */
const textFor = (type: string, text: string): string => (type === 'bool' ? (text === 'true' ? 'true' : 'false') : text);
