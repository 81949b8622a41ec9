/** One answer of the preflight, and how they are made: pure. */
import type { CheckView } from '@aws-deployer/platform/contracts/preflight';

export type Check = CheckView;
export type CheckName =
  | 'request'
  | 'cluster'
  | 'namespace'
  | 'rights'
  | 'ownership'
  | 'dry_run'
  | 'admission'
  | 'quota'
  | 'limit_range'
  | 'pod_security'
  | 'references'
  | 'storage'
  | 'scheduling'
  | 'image'
  | 'base_image'
  | 'route'
  | 'service'
  | 'disruption_budget'
  | 'autoscaling'
  | 'live_version';

type Found = Pick<Check, 'code' | 'fault' | 'object' | 'message' | 'mend'> & { readonly evidence?: readonly string[] };

const sentence = (text: string): string => `${text.trimEnd().replace(/[.:]+$/, '')}.`;
const found = (name: CheckName, state: Check['state'], of: Found): Check => ({
  name,
  state,
  code: of.code,
  fault: of.fault,
  object: of.object,
  message: sentence(of.message),
  mend: of.mend === '' ? '' : sentence(of.mend),
  evidence: [...(of.evidence ?? [])],
});

export const failed = (name: CheckName, of: Found): Check => found(name, 'fail', of);
export const warned = (name: CheckName, of: Found): Check => found(name, 'warn', of);
export const passed = (name: CheckName, message: string, object: string | null = null): Check =>
  found(name, 'ok', { code: 'none', fault: 'none', object, message, mend: '' });
/** It could not be told: no right to look, or no answer in time. */
export const untold = (name: CheckName, message: string, code = 'not_checked', object: string | null = null): Check =>
  found(name, 'unknown', { code, fault: 'unknown', object, message, mend: '' });

/** What the checks of one name say together: what was found, else that all is well. */
export const orPassed = (name: CheckName, checks: readonly Check[], message: string): readonly Check[] =>
  checks.length > 0 ? checks : [passed(name, message)];

export const isOk = (checks: readonly Check[]): boolean => checks.every(({ state }) => state !== 'fail');
