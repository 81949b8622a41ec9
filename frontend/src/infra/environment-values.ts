/** An environment as the form has it, and as the service takes it. Pure. */
import type { InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import type { InfraEnvironmentChange, NewInfraEnvironment } from '../api/infra.js';
import { pairsOf, recordOf, type Pair } from '../ui/pairs.js';
import { minutesOf } from './drift-schedule.js';
import { readVariables, rowsOf, type VariableRow } from './variable-values.js';

export interface EnvironmentValues {
  readonly name: string;
  readonly description: string;
  readonly module: string;
  /** Empty: none. */
  readonly account: string;
  /** Empty: as the module says. */
  readonly region: string;
  readonly variables: readonly VariableRow[];
  readonly backend: readonly Pair[];
  /** Minutes as text; empty: only when asked. */
  readonly drift: string;
}
export const BLANK_ENVIRONMENT: EnvironmentValues = {
  name: '',
  description: '',
  module: '',
  account: '',
  region: '',
  variables: [],
  backend: [],
  drift: '',
};

export const valuesOf = (environment: InfraEnvironmentView): EnvironmentValues => ({
  name: environment.name,
  description: environment.description,
  module: environment.module,
  account: environment.account ?? '',
  region: environment.region ?? '',
  variables: rowsOf(environment.variables),
  backend: pairsOf(environment.backend),
  drift: String(environment.drift_minutes ?? ''),
});

/** What the form can tell by itself; the server judges the rest. */
export function missingIn(values: EnvironmentValues): Record<string, string> {
  return {
    ...(values.name.trim() === '' ? { name: 'Give the environment a name.' } : {}),
    ...(values.module === '' ? { module: 'Pick a module.' } : {}),
    ...readVariables(values.variables).errors,
  };
}

export const settingsOf = (values: EnvironmentValues) =>
  ({
    description: values.description.trim(),
    module: values.module,
    variables: readVariables(values.variables).variables,
    account: values.account === '' ? null : values.account,
    region: values.region.trim() === '' ? null : values.region.trim(),
    backend: recordOf(values.backend),
    drift_minutes: minutesOf(values.drift),
  }) satisfies InfraEnvironmentChange;
export const bodyOf = (values: EnvironmentValues): NewInfraEnvironment => ({
  name: values.name.trim(),
  ...settingsOf(values),
});

const INPUTS = ['name', 'description', 'module', 'account', 'region', 'backend', 'drift_minutes'];
/** The input that a field of the wire belongs to; a variable keeps its name: `variables.size.value` is at the row of `size`. */
export function inputOf(wireField: string): string | null {
  const variable = /^variables\.([^.[]+)/.exec(wireField);
  if (variable) return `variables.${variable[1]}`;
  return INPUTS.find((input) => wireField === input || wireField.startsWith(`${input}.`)) ?? null;
}
