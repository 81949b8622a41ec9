/** `mark-bad`, `unmark-bad`: releases that are not to run again. */
import { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { findRelease } from '../lookup.js';
import type { Context } from '../program.js';

const pathOf = ({ application, id }: ReleaseView): string =>
  `/api/v1/applications/${encodeURIComponent(application)}/releases/${id}/bad`;

/** `release`: a number or an id. */
export async function mark(
  { api, terminal, json }: Context,
  app: string,
  release: string,
  reason: string,
): Promise<void> {
  const found = await findRelease(api, app, release);
  const marked = await api.put(pathOf(found), { reason }, ReleaseView);
  if (json) return terminal.json(marked);
  terminal.print(`release ${marked.number} of ${marked.application} is marked bad: ${reason}`);
}

export async function unmark({ api, terminal, json }: Context, app: string, release: string): Promise<void> {
  const found = await findRelease(api, app, release);
  await api.delete(pathOf(found));
  if (json) return terminal.json({ ...found, bad: null });
  terminal.print(`release ${found.number} of ${found.application} is no longer marked bad`);
}
