/** The variables that the module declares: what each is for, of what type, what holds without it; those that must be given first. */
import type { ModuleVariableView } from '@aws-deployer/platform/contracts/infra';
import { Button, Checkbox } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { rowOf } from './declared-variables.js';
import { ValueInput } from './value-input.js';
import type { VariableRow } from './variable-values.js';
import classes from './environment-form.module.css';

export interface DeclaredRowsProps {
  readonly declared: readonly ModuleVariableView[];
  readonly rows: readonly VariableRow[];
  readonly errors: Readonly<Record<string, ReactNode>>;
  /** null: the module's own value holds. */
  readonly onSet: (name: string, row: VariableRow | null) => void;
}

export function DeclaredRows({ declared, rows, errors, onSet }: DeclaredRowsProps) {
  const [all, setAll] = useState(false);
  const isSet = (name: string): boolean => rows.some((row) => row.name === name);
  const first = declared.filter(({ name, required }) => required || isSet(name) || `variables.${name}` in errors);
  const shown = all ? declared : first;
  const more = declared.length - first.length;
  return (
    <>
      {first.length === 0 && declared.length > 0 && (
        <p className={classes.about}>Every variable has a value of its own: set only what is to differ.</p>
      )}
      {shown.map((variable) => (
        <DeclaredRow
          key={variable.name}
          variable={variable}
          row={rowOf(variable, rows)}
          error={errors[`variables.${variable.name}`]}
          onSet={(row) => onSet(variable.name, row)}
        />
      ))}
      {more > 0 && (
        <Button size="xs" variant="default" className={classes.more ?? ''} onClick={() => setAll(!all)}>
          {all ? 'Only what is needed or set' : moreWords(more, first.length === 0)}
        </Button>
      )}
    </>
  );
}

interface DeclaredRowProps {
  readonly variable: ModuleVariableView;
  readonly row: VariableRow;
  readonly error: ReactNode;
  readonly onSet: (row: VariableRow | null) => void;
}
function DeclaredRow({ variable, row, error, onSet }: DeclaredRowProps) {
  const label = `Variable ${variable.name}`;
  const own = ownValue(variable);
  const set = (part: Partial<VariableRow>): void => {
    const next = { ...row, ...part };
    onSet(next.text === '' && !next.kept ? null : next);
  };
  return (
    <div className={classes.declared} role="group" aria-label={label}>
      <div className={classes.what}>
        <code className={classes.name}>{variable.name}</code>
        {variable.required && <span className={classes.needed}>needed</span>}
        <code className={classes.type} title={variable.type}>
          {oneLine(variable.type)}
        </code>
        {variable.description !== '' && <p className={classes.about}>{variable.description}</p>}
      </div>
      <div className={classes.given}>
        <ValueInput
          label={`${label}: value`}
          row={row}
          error={error}
          placeholder={row.kept ? undefined : own === '' ? (variable.required ? 'value' : 'not set') : own}
          onChange={(text) => set({ text })}
          {...(variable.required || row.text === '' || row.kept ? {} : { onClear: () => onSet(null) })}
        />
        {row.type !== 'bool' && row.type !== 'number' && (
          <Checkbox
            size="xs"
            label="Sensitive"
            checked={row.sensitive}
            disabled={row.kept || variable.sensitive}
            onChange={(event) => set({ sensitive: event.currentTarget.checked })}
          />
        )}
      </div>
    </div>
  );
}

const moreWords = (count: number, all: boolean): string =>
  all
    ? `Show all ${count}`
    : `Show ${count} more, which ${count === 1 ? 'has a value of its' : 'have values of their'} own`;
/** As it would be typed here; empty: none. */
const ownValue = ({ default: value, default_text: text }: ModuleVariableView): string =>
  typeof value === 'string' ? value : text === null || text === 'null' ? '' : oneLine(text);
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');
