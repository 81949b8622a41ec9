/** `account …`: the cloud accounts, and whether they may do what the platform does in them. */
import { AccountCheckView, CloudAccountView } from '@aws-deployer/platform/contracts/cloud-accounts';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { EXIT, type ExitCode } from '../failure.js';
import { readFields } from '../input-file.js';
import type { Context } from '../program.js';

const PATH = '/api/v1/cloud-accounts';
const pathOf = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;

export async function list({ api, terminal, json }: Context): Promise<void> {
  const { items } = await api.get(`${PATH}?limit=500`, pageOf(CloudAccountView));
  if (json) return terminal.json(items);
  terminal.table(
    ['ACCOUNT', 'KIND', 'ID', 'REGIONS', 'DEFAULT', 'CHECKED'],
    items.map((one) => [
      one.name,
      one.kind,
      one.account_id ?? '-',
      one.regions.join(' '),
      one.is_default ? 'default' : '',
      one.checked_at ?? 'never',
    ]),
  );
}

/** From a file, so that no key stands in the shell's history. */
export async function add({ api, terminal, json }: Context, file: string): Promise<void> {
  const account = await api.post(PATH, await readFields(file, 'cloud account'), CloudAccountView);
  if (json) return terminal.json(account);
  terminal.print(`${account.name} added; see what it may do with: deployer account check ${account.name}`);
}

export async function remove({ api, terminal }: Context, name: string): Promise<void> {
  await api.delete(pathOf(name));
  terminal.note(`${name} is forgotten, and its credential with it`);
}

export async function check({ api, terminal, json }: Context, name: string): Promise<ExitCode> {
  const found = await api.post(`${pathOf(name)}/check`, {}, AccountCheckView);
  if (json) terminal.json(found);
  else {
    terminal.print(
      `${found.ok ? terminal.style('green', 'good') : terminal.style('red', 'not good')}: ${found.message}`,
    );
    if (found.permissions.length > 0)
      terminal.table(
        ['PERMISSION', 'ALLOWED', 'FOR'],
        found.permissions.map((one) => [
          one.action,
          one.allowed === null ? 'not known' : one.allowed ? 'yes' : 'NO',
          one.purpose,
        ]),
      );
    if (found.missing.length > 0) {
      terminal.print('The least policy that grants all of it:');
      terminal.json(found.least_policy);
    }
  }
  return found.ok ? EXIT.ok : EXIT.error;
}
