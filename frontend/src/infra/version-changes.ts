/** What one version sets otherwise than the one before it. Pure. A sensitive value is never compared: it never comes here. */
import type { InfraVersionView } from '@aws-deployer/platform/contracts/infra';

export interface VersionChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}
type Compared = Pick<InfraVersionView, 'module' | 'module_hash' | 'variables'>;

/** Without a version before it nothing can be said. */
export function versionChanges(version: Compared, before: Compared | undefined): VersionChange[] {
  if (before === undefined) return [];
  const names = [...new Set([...Object.keys(before.variables), ...Object.keys(version.variables)])].sort();
  const variables = names.flatMap((name) => {
    const [was, is] = [shown(before.variables[name]), shown(version.variables[name])];
    return was === is ? [] : [{ name, before: was, after: is }];
  });
  if (version.module !== before.module)
    return [{ name: 'module', before: before.module, after: version.module }, ...variables];
  return version.module_hash === before.module_hash
    ? variables
    : [
        { name: 'module files', before: before.module_hash.slice(0, 8), after: version.module_hash.slice(0, 8) },
        ...variables,
      ];
}

const LONGEST = 80;
function shown(variable: Compared['variables'][string] | undefined): string {
  if (variable === undefined) return 'not set';
  if (variable.sensitive) return 'sensitive';
  const text = JSON.stringify(variable.value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
