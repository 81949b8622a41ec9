/** `project …`: build projects, as they are and as a file says they should be. */
import {
  BuildProjectView,
  CheckBuildspecView,
  CreatedBuildProjectView,
  ImportableProjectView,
  ImportedBuildProjectsView,
} from '@aws-deployer/platform/contracts/build-projects';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { stringify } from 'yaml';
import { z } from 'zod';
import { EXIT, Failure, type ExitCode } from '../failure.js';
import { readFields, readText } from '../input-file.js';
import type { Context } from '../program.js';

const PATH = '/api/v1/build-projects';
const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

export async function list({ api, terminal, json }: Context): Promise<void> {
  const { items } = await api.get(`${PATH}?limit=500`, pageOf(BuildProjectView));
  if (json) return terminal.json(items);
  if (items.length === 0)
    return terminal.note('There is no build project yet: make one with deployer project apply -f FILE');
  terminal.table(
    ['PROJECT', 'ACCOUNT', 'REGION', 'SOURCE', 'TEAM', 'LAST BUILD'],
    items.map((one) => [
      one.name,
      one.account,
      one.region,
      one.source.location ?? one.source.type,
      one.team,
      one.last_build === null ? '-' : `#${String(one.last_build.number)} ${one.last_build.status}`,
    ]),
  );
}

/** As a file that `apply` takes. */
export async function show({ api, terminal, json }: Context, name: string): Promise<void> {
  const project = await api.get(pathOf(name), BuildProjectView);
  if (json) return terminal.json(project);
  terminal.print(stringify(project).trimEnd());
}

/** Makes the project of the file, or changes the one of its name to it. */
export async function apply({ api, terminal, json }: Context, file: string): Promise<void> {
  const { name, account, region, ...settings } = await readFields(file, 'build project');
  if (typeof name !== 'string') throw new Failure(EXIT.usage, `${file} names no project`, ['begin it with name: NAME']);
  const known = (await api.get(`${PATH}?limit=500&q=${encodeURIComponent(name)}`, pageOf(BuildProjectView))).items.some(
    (one) => one.name === name,
  );
  const project = known
    ? await api.patch(pathOf(name), settings, CreatedBuildProjectView)
    : await api.post(PATH, { name, account, region, ...settings }, CreatedBuildProjectView);
  if (json) return terminal.json(project);
  terminal.print(`${project.name} ${known ? 'changed' : 'made'} in ${project.account} ${project.region}`);
  if (project.webhook_url !== null) terminal.print(`webhook ${project.webhook_url}`);
  if (project.webhook_secret !== null) terminal.print(`webhook secret, shown this once: ${project.webhook_secret}`);
}

export async function clone({ api, terminal, json }: Context, from: string, to: string): Promise<void> {
  const project = await api.post(`${pathOf(from)}/clone`, { name: to }, CreatedBuildProjectView);
  if (json) terminal.json(project);
  else terminal.print(`${project.name} made from ${from}`);
}

export async function remove({ api, terminal }: Context, name: string): Promise<void> {
  await api.delete(pathOf(name));
  terminal.note(`${name} is deleted`);
}

/** Without names: what could be imported. */
export async function importFrom(
  { api, terminal, json }: Context,
  account: string,
  names: readonly string[],
): Promise<void> {
  if (names.length === 0) {
    const { items } = await api.get(
      `${PATH}/importable?account=${encodeURIComponent(account)}`,
      z.object({ items: z.array(ImportableProjectView) }),
    );
    if (json) return terminal.json(items);
    return terminal.table(
      ['PROJECT', 'KNOWN', 'DESCRIPTION'],
      items.map((one) => [one.name, one.known ? 'known' : '', one.description]),
    );
  }
  const done = await api.post(`${PATH}/import`, { account, names }, ImportedBuildProjectsView);
  if (json) return terminal.json(done);
  for (const name of done.imported) terminal.print(`${name} imported`);
  for (const { name, reason } of done.skipped) terminal.note(`${name} left out: ${reason}`);
  for (const { name, parts } of done.lost)
    terminal.note(`${name} keeps in AWS what the platform does not show: ${parts.join(', ')}`);
}

export async function checkBuildspec({ api, terminal, json }: Context, file: string): Promise<ExitCode> {
  const checked = await api.post(`${PATH}/check-buildspec`, { text: await readText(file) }, CheckBuildspecView);
  if (json) terminal.json(checked);
  else {
    const say = (kind: 'error' | 'warning', found: typeof checked.problems): void => {
      for (const { line, column, path, message, mend } of found)
        terminal.print(
          `${file}:${String(line)}:${String(column)}: ${terminal.style(kind === 'error' ? 'red' : 'yellow', kind)}: ${path === '' ? '' : `${path} `}${message} (mend: ${mend})`,
        );
    };
    say('error', checked.problems);
    say('warning', checked.warnings);
    if (checked.valid) terminal.note(`${file} is a buildspec`);
  }
  return checked.valid ? EXIT.ok : EXIT.error;
}
