/** A project's settings as the books keep them: only what changed, and no value of a variable whose name says secret. */
import { mask } from '@aws-deployer/platform/masking/mask';
import type { ProjectSettings } from '../ports/project-mirror.js';

export function recordable(settings: Partial<ProjectSettings>): Record<string, unknown> {
  const { environment, ...rest } = settings;
  if (environment === undefined) return rest;
  const variables = Object.fromEntries(
    environment.variables.map(({ name, value, type }) => [
      name,
      type === 'PLAINTEXT' ? (mask({ [name]: value }) as Record<string, unknown>)[name] : `${type} ${value}`,
    ]),
  );
  return { ...rest, environment: { ...environment, variables } };
}

export type SettingName = keyof ProjectSettings;
export const changedSettings = (before: ProjectSettings, after: ProjectSettings): SettingName[] =>
  (Object.keys(after) as SettingName[]).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));

export const pickSettings = (settings: ProjectSettings, keys: readonly SettingName[]): Partial<ProjectSettings> =>
  Object.fromEntries(keys.map((key) => [key, settings[key]]));
