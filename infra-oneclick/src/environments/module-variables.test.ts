import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { declaredVariables, refuseVariables } from './module-variables.js';
import { mismatch } from './variable-type.js';

const SOURCE = `
# variable "commented" {}
/* variable "out" {} */
locals { variable = "no" }
variable "name" {
  type        = string
  description = "Of \\"all\\" that is made" // and so on
}
variable "nodes" {
  type = map(object({
    types = list(string)
    min   = optional(number, 1)
    taints = optional(list(object({ key = string })), [])
  }))
  default = { main = { types = ["m6i.large"], min = 2 } }
  validation {
    condition     = alltrue([for group in values(var.nodes) : group.min > 0])
    error_message = "at least one: \${var.name}"
  }
}
variable "secret" {
  type      = string
  sensitive = true
  default   = null
}
variable "bare" {}
variable "long" {
  default     = -1.5
  description = <<-EOT
    Two lines,
      the second set in.
  EOT
}
variable "worked_out" { default = "\${path.module}/x" }
resource "terraform_data" "one" { input = { variable = "x" } }
`;

test('variables of a module: what is needed first, with types, descriptions and defaults', () => {
  const found = declaredVariables([SOURCE]) ?? [];
  expect(found.map(({ name, required }) => [name, required])).toEqual([
    ['bare', true],
    ['name', true],
    ['long', false],
    ['nodes', false],
    ['secret', false],
    ['worked_out', false],
  ]);
  const of = (name: string) => found.find((one) => one.name === name);
  expect(of('name')).toMatchObject({ type: 'string', description: 'Of "all" that is made', default_text: null });
  expect(of('nodes')).toMatchObject({ default: { main: { types: ['m6i.large'], min: 2 } } });
  expect(of('nodes')?.type).toMatch(/^map\(object\(\{/);
  expect(of('secret')).toMatchObject({ sensitive: true, default: null, default_text: 'null' });
  expect(of('bare')).toMatchObject({ type: 'any' });
  expect(of('long')).toMatchObject({ default: -1.5, description: 'Two lines,\n  the second set in.' });
  expect(of('worked_out')).toMatchObject({ default: null, default_text: '"${path.module}/x"' });
});

test('values are judged by the conversions that Terraform makes', () => {
  const [nodes] = (declaredVariables([SOURCE]) ?? []).filter(({ name }) => name === 'nodes');
  const judge = (value: unknown) => mismatch(value, nodes?.checks ?? { is: 'any' });
  expect(judge({ main: { types: ['a'] } })).toBeNull();
  expect(judge({ main: { types: ['a'], min: '3' } })).toBeNull();
  expect(judge({ main: { types: 'a' } })).toBe('main.types must be a list, such as ["a", "b"]');
  expect(judge({ main: { types: ['a'], min: 'three' } })).toBe('main.min must be a number');
  expect(judge({ main: {} })).toBe('main lacks types');
  expect(judge({ main: { types: [['x']] } })).toBe('main.types[0] must be a text');
  expect(judge(['main'])).toBe('must be a map, such as {"key": "value"}');
  expect(mismatch('true', { is: 'bool' })).toBeNull();
  expect(mismatch('yes', { is: 'bool' })).toBe('must be true or false');
  expect(mismatch(7, { is: 'string' })).toBeNull();
});

test('a refusal names each variable and never its value', () => {
  const declared = declaredVariables([
    'variable "size" {\n type = number\n}\nvariable "token" {\n type = list(string)\n}',
  ]);
  const refused = (values: Record<string, unknown>, complete: boolean) => () =>
    refuseVariables('local/shop', declared, values, complete);
  expect(refused({ size: 1 }, false)).not.toThrow();
  expect(refused({ size: 1, token: 'hunter2' }, false)).toThrow(/token must be a list/);
  expect(refused({ size: 1, token: 'hunter2' }, false)).not.toThrow(/hunter2/);
  expect(refused({ size: 1, sise: 2 }, true)).toThrow(/sise is not a variable of local\/shop; token has no value/);
  expect(refused({ size: 1, token: [] }, true)).not.toThrow();
  expect(() => refuseVariables('local/shop', null, { any: 1 }, true)).not.toThrow();
  expect(declaredVariables(['variable "x" {'])).toBeNull();
});

test("the repository's own environments are read whole", async () => {
  const environments = fileURLToPath(new URL('../../terraform/environments', import.meta.url));
  for (const name of await readdir(environments)) {
    const text = await readFile(join(environments, name, 'variables.tf'), 'utf8');
    const found = declaredVariables([text]) ?? [];
    expect(found.map((one) => one.name).sort()).toEqual(
      [...text.matchAll(/^variable "([^"]+)"/gm)].map(([, declared]) => declared).sort(),
    );
    for (const one of found) {
      expect(one.description, one.name).not.toBe('');
      if (!one.required) expect(mismatch(one.default, one.checks), one.name).toBeNull();
    }
  }
});
