/** `env` and `proxy`: the variables of a build and where their values come from. */
import type { Buildspec } from './buildspec.js';
import { shown, type Entry, type NodeReader } from './node-reader.js';

const SHELLS = ['bash', '/bin/sh', 'powershell.exe', 'cmd.exe'] as const;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MOST_SECRET_PARTS = 4;

const NO_ENV: Buildspec['env'] = {
  shell: null,
  variables: {},
  parameterStore: {},
  secretsManager: {},
  exportedVariables: [],
  gitCredentialHelper: false,
};

export function readEnv(reader: NodeReader, entry: Entry | undefined): Buildspec['env'] {
  if (entry === undefined) return NO_ENV;
  const fields = reader.fields(entry, [
    'shell',
    'variables',
    'parameter-store',
    'secrets-manager',
    'exported-variables',
    'git-credential-helper',
  ]);
  const seen = new Map<string, string>();
  const variables = readVariables(reader, fields.variables, seen);
  const parameterStore = readVariables(reader, fields['parameter-store'], seen, checkParameter);
  const secretsManager = readVariables(reader, fields['secrets-manager'], seen, checkSecret);
  const exported = reader.items(fields['exported-variables']).flatMap((item) => {
    const name = reader.word(item);
    if (name === undefined) return [];
    const secret = Object.hasOwn(parameterStore, name) || Object.hasOwn(secretsManager, name);
    if (secret || name.startsWith('AWS_'))
      reader.warn(
        item.value,
        item.path,
        `${shown(name)} cannot be exported: ${secret ? 'it is a secret' : 'names that begin with AWS_ are not passed on'}`,
        'remove it, or export a variable of another name',
      );
    return [name];
  });
  return {
    shell: reader.oneOf(fields.shell, SHELLS) ?? null,
    variables,
    parameterStore,
    secretsManager,
    exportedVariables: exported,
    gitCredentialHelper: reader.flag(fields['git-credential-helper']),
  };
}

export function readProxy(reader: NodeReader, entry: Entry | undefined): Buildspec['proxy'] {
  const fields = entry === undefined ? {} : reader.fields(entry, ['upload-artifacts', 'logs']);
  return { uploadArtifacts: reader.flag(fields['upload-artifacts']), logs: reader.flag(fields.logs) };
}

function readVariables(
  reader: NodeReader,
  entry: Entry | undefined,
  seen: Map<string, string>,
  check?: (reader: NodeReader, item: Entry, value: string) => void,
): Record<string, string> {
  if (entry === undefined) return {};
  return Object.fromEntries(
    reader.entries(entry).map((item) => {
      checkName(reader, item, seen);
      const value = reader.variable(item);
      check?.(reader, item, value);
      return [item.key, value];
    }),
  );
}

function checkName(reader: NodeReader, item: Entry, seen: Map<string, string>): void {
  const before = seen.get(item.key);
  if (before !== undefined)
    reader.warn(item.keyNode, item.path, `is also set at ${before}`, 'keep one of the two: only one can count');
  seen.set(item.key, item.path);
  if (!VARIABLE.test(item.key))
    reader.problem(
      item.keyNode,
      item.path,
      `${shown(item.key)} is no name for a variable`,
      'use letters, digits and underscores, and begin with no digit',
    );
  else if (item.key.startsWith('CODEBUILD_'))
    reader.warn(
      item.keyNode,
      item.path,
      'names that begin with CODEBUILD_ are kept for CodeBuild itself',
      'give the variable another name',
    );
}

function checkParameter(reader: NodeReader, item: Entry, value: string): void {
  if (value === '')
    reader.problem(item.keyNode, item.path, 'names no parameter', 'give the name of the parameter, such as /app/token');
}

function checkSecret(reader: NodeReader, item: Entry, value: string): void {
  // an ARN has six colons of its own before the secret's name ends
  const parts = value.replace(/^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:/, '').split(':');
  if (parts[0] === '' || parts.length > MOST_SECRET_PARTS)
    reader.problem(
      item.value ?? item.keyNode,
      item.path,
      parts[0] === '' ? 'names no secret' : 'has too many parts',
      'write secret-id:json-key:version-stage:version-id; all but the first may be left out',
    );
}
