/** Variables as they are kept: what is no secret as JSON, the others sealed for their environment, by its id. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { EnvironmentVariable, InfraEnvironmentView } from '@aws-deployer/platform/contracts/infra';
import type { z } from 'zod';

export interface StoredVariables {
  readonly variables: string;
  readonly secret_variables: string;
  readonly secret_names: string;
}
type Json = z.infer<ReturnType<typeof z.json>>;
export type VariableValues = Readonly<Record<string, Json>>;

const placeOf = (environmentId: string): string => `infra/${environmentId}`;

/** The sensitive ones of `stored`, by name. Throws internal/`secret_unreadable`. */
export const secretValues = (box: SecretBox, environmentId: string, stored: StoredVariables): VariableValues =>
  stored.secret_variables === ''
    ? {}
    : (JSON.parse(box.open(stored.secret_variables, placeOf(environmentId))) as VariableValues);

/** All values by name, for Terraform alone. */
export const allValues = (box: SecretBox, environmentId: string, stored: StoredVariables): VariableValues => ({
  ...(JSON.parse(stored.variables) as VariableValues),
  ...secretValues(box, environmentId, stored),
});

/** Throws invalid on a variable that has no value; a sensitive one without it keeps what `kept` holds. */
export function storeVariables(
  box: SecretBox,
  environmentId: string,
  asked: Readonly<Record<string, z.output<typeof EnvironmentVariable>>>,
  kept: VariableValues,
): StoredVariables {
  const plain: Record<string, Json> = {};
  const secret: Record<string, Json> = {};
  for (const [name, { value, sensitive }] of Object.entries(asked)) {
    const given = value ?? (sensitive ? kept[name] : undefined);
    if (given === undefined)
      throw invalidField(`variables.${name}`, 'has no value', 'give it one, or leave the variable out');
    (sensitive ? secret : plain)[name] = given;
  }
  const names = Object.keys(secret);
  return {
    variables: JSON.stringify(plain),
    secret_variables: names.length === 0 ? '' : box.seal(JSON.stringify(secret), placeOf(environmentId)),
    secret_names: JSON.stringify(names),
  };
}

/** What may be shown: of a sensitive one that it is there. */
export function shownVariables(stored: StoredVariables): InfraEnvironmentView['variables'] {
  const shown: InfraEnvironmentView['variables'] = {};
  const plain = JSON.parse(stored.variables) as VariableValues;
  const secret = JSON.parse(stored.secret_names) as string[];
  for (const name of [...Object.keys(plain), ...secret].sort())
    shown[name] = { value: plain[name] ?? null, sensitive: secret.includes(name) };
  return shown;
}
