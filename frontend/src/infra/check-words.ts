/** The checks before a plan in words. Pure. */
import type { PrerequisiteCheck } from '../api/infra.js';
import type { Tone } from '../ui/tone.js';
import { capital } from '../ui/words.js';

export type CheckState = PrerequisiteCheck['state'];
export type CheckDetail = PrerequisiteCheck['details'][number];

const FACES: Readonly<Record<CheckState, { tone: Tone; word: string }>> = {
  ok: { tone: 'good', word: 'good' },
  warn: { tone: 'warn', word: 'look at it' },
  fail: { tone: 'bad', word: 'to mend' },
  unknown: { tone: 'mute', word: 'not known' },
};
export const checkFace = (state: CheckState) => FACES[state];

const NAMES: Readonly<Record<PrerequisiteCheck['name'], string>> = {
  terraform: 'Terraform',
  module: 'Module',
  providers: 'Providers',
  credentials: 'Credentials',
  permissions: 'Permissions',
  quotas: 'Quotas',
  network: 'Address ranges',
  state: 'State',
};
/** A check of a newer server shows under its own name. */
export const checkName = (name: string): string =>
  name in NAMES ? NAMES[name as PrerequisiteCheck['name']] : capital(name.replaceAll('_', ' '));

export function checksWords(checks: readonly Pick<PrerequisiteCheck, 'state'>[]): string {
  const count = (wanted: CheckState) => checks.filter(({ state }) => state === wanted).length;
  const [failed, warned, unknown] = [count('fail'), count('warn'), count('unknown')];
  return [
    failed > 0 ? `${failed} to mend` : 'nothing to mend',
    ...(warned > 0 ? [`${warned} to look at`] : []),
    ...(unknown > 0 ? [`${unknown} not known`] : []),
  ].join(', ');
}

/** `30 of 32`: what would be used with this plan, of what is allowed. */
export function quotaWords({ limit, used, needed }: CheckDetail): string | null {
  if (limit === null) return null;
  if (used === null) return `of ${limit.toLocaleString()}`;
  return `${(used + (needed ?? 0)).toLocaleString()} of ${limit.toLocaleString()}`;
}
