/** What one build did otherwise than its project, a few words each. Pure. */
import type { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { count } from '../ui/words.js';

export function overrideWords(overrides: Partial<StartBuildBody>): string[] {
  const said: string[] = [];
  if (overrides.source_version !== undefined) said.push(`source ${overrides.source_version}`);
  if (overrides.buildspec !== undefined) {
    said.push(overrides.buildspec.includes('\n') ? 'its own buildspec' : `buildspec ${overrides.buildspec}`);
  }
  if (overrides.image !== undefined) said.push(`image ${overrides.image}`);
  if (overrides.compute !== undefined) said.push(`compute ${overrides.compute}`);
  if (overrides.privileged !== undefined) said.push(overrides.privileged ? 'privileged' : 'not privileged');
  if (overrides.timeout_minutes !== undefined) said.push(`timeout ${overrides.timeout_minutes} min`);
  if (overrides.variables && overrides.variables.length > 0) said.push(count(overrides.variables.length, 'variable'));
  if (overrides.no_artifacts === true) said.push('no artifacts');
  return said;
}
