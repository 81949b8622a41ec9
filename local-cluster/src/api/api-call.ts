import type { IncomingMessage, ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { invalid, type FieldProblem } from '../store/status-error.js';
import type { Identity } from '../access/identity.js';
import type { ResourcePath } from './api-path.js';

/** One request to a resource, as the handlers see it. */
export interface ApiCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: ResourcePath;
  readonly query: URLSearchParams;
  /** Who asks; what they may was checked already. */
  readonly user: Identity;
  /** Said in `Warning` headers of the answer. */
  readonly warnings: string[];
  /** Aborted when the client leaves or the server stops. */
  readonly signal: AbortSignal;
}

export const sendJson = (
  { response, warnings }: Pick<ApiCall, 'response' | 'warnings'>,
  status: number,
  body: unknown,
  contentType = 'application/json',
): void => {
  const asYaml = /^application\/yaml\b/.test(response.req.headers.accept ?? '');
  const text = Buffer.from(
    asYaml
      ? stringify(body, { sortMapEntries: true, lineWidth: 0, version: '1.1', indentSeq: false })
      : JSON.stringify(body),
  );
  if (warnings.length > 0)
    response.setHeader(
      'warning',
      warnings.map((warning) => `299 - ${JSON.stringify(warning)}`),
    );
  response.writeHead(status, {
    'content-type': asYaml ? 'application/yaml' : contentType,
    'content-length': text.length,
  });
  response.end(text);
};

/** Who writes: the `fieldManager`, else the first word of the user agent. */
export const managerOf = (call: ApiCall): string => {
  const asked = call.query.get('fieldManager');
  if (asked !== null && asked !== '') return asked.slice(0, 128);
  return call.request.headers['user-agent']?.split('/')[0] || 'unknown';
};

/** Says a warning once in the answer's `Warning` headers. */
export const warnIn =
  ({ warnings }: Pick<ApiCall, 'warnings'>) =>
  (warning: string): void => {
    if (!warnings.includes(warning)) warnings.push(warning);
  };

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions' | 'ListOptions';
/** Throws 422 about the options of a request. */
export const refuseOption = (kind: OptionsKind, problem: FieldProblem): never => {
  throw invalid(kind, '', [problem], 'meta.k8s.io');
};

export const dryRunOf = (call: ApiCall, kind: OptionsKind, body?: readonly string[]): boolean => {
  const values = [...call.query.getAll('dryRun'), ...(body ?? [])].filter((value) => value !== '');
  const bad = values.find((value) => value !== 'All');
  if (bad !== undefined)
    refuseOption(kind, {
      field: 'dryRun',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify([bad])}: supported values: "All"`,
    });
  return values.length > 0;
};

export const fieldValidationOf = (call: ApiCall, kind: OptionsKind): 'Ignore' | 'Warn' | 'Strict' => {
  const value = call.query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value !== 'Ignore' && value !== 'Warn' && value !== 'Strict')
    refuseOption(kind, {
      field: 'fieldValidation',
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: "", "Ignore", "Strict", "Warn"`,
    });
  return value as 'Ignore' | 'Warn' | 'Strict';
};
