/** The inputs of an operation's parameters. */
import { NumberInput, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { PairsInput } from '../ui/pairs-input.js';
import type { Pair } from '../ui/pairs.js';
import { fieldLabel, type FieldValue, type FormValues, type ParameterField } from './parameter-schema.js';
import form from '../ui/form.module.css';

const mono = { input: form.monoInput ?? '' };

export interface ParameterFieldsProps {
  readonly fields: readonly ParameterField[];
  readonly values: FormValues;
  readonly errors: Readonly<Record<string, ReactNode>>;
  readonly onChange: (name: string, value: FieldValue) => void;
}

export function ParameterFields({ fields, values, errors, onChange }: ParameterFieldsProps) {
  return (
    <>
      {fields.map((field) => (
        <ParameterInput
          key={field.name}
          field={field}
          value={values[field.name]}
          error={errors[field.name]}
          onChange={(value) => onChange(field.name, value)}
        />
      ))}
    </>
  );
}

interface ParameterInputProps {
  readonly field: ParameterField;
  readonly value: FieldValue | undefined;
  readonly error: ReactNode;
  readonly onChange: (value: FieldValue) => void;
}

function ParameterInput({ field, value, error, onChange }: ParameterInputProps) {
  const words = { label: fieldLabel(field.name), description: field.description, error };
  const text = typeof value === 'string' ? value : '';
  switch (field.kind) {
    case 'flag':
      return <Switch {...words} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case 'choice':
      return (
        <Select
          {...words}
          required={field.required}
          placeholder={field.placeholder === '' ? 'any' : field.placeholder}
          clearable={!field.required}
          clearButtonProps={{ 'aria-label': `Clear ${words.label.toLowerCase()}` }}
          data={[...field.choices]}
          value={text === '' ? null : text}
          onChange={(next) => onChange(next ?? '')}
        />
      );
    case 'number':
      return (
        <NumberInput
          {...words}
          required={field.required}
          placeholder={field.placeholder}
          {...(field.min === null ? {} : { min: field.min })}
          {...(field.max === null ? {} : { max: field.max })}
          value={text === '' ? '' : Number(text)}
          onChange={(next) => onChange(String(next))}
        />
      );
    case 'list': {
      const items = Array.isArray(value) ? (value as string[]) : [];
      return (
        <TagsInput
          {...words}
          required={field.required}
          placeholder={items.length === 0 ? 'one, Enter, the next' : ''}
          value={items}
          onChange={onChange}
        />
      );
    }
    case 'pairs':
      return (
        <PairsInput
          {...words}
          keyPlaceholder="name"
          pairs={Array.isArray(value) ? (value as Pair[]) : []}
          onChange={onChange}
        />
      );
    case 'json':
      return (
        <Textarea
          {...words}
          required={field.required}
          placeholder="JSON"
          autosize
          minRows={3}
          maxRows={12}
          classNames={mono}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'text':
      return (
        <TextInput
          {...words}
          required={field.required}
          placeholder={field.placeholder}
          classNames={mono}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
