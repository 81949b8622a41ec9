/** `image …`: repositories and images in ECR. */
import {
  DeletedImagesView,
  FindingsView,
  ImageRepositoryView,
  ImageView,
} from '@aws-deployer/platform/contracts/images';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { EXIT, type ExitCode } from '../failure.js';
import type { Context } from '../program.js';

export interface PlaceOptions {
  readonly account?: string;
  readonly region?: string;
}
const queryOf = ({ account, region }: PlaceOptions, more: Readonly<Record<string, string>> = {}): string =>
  new URLSearchParams({
    ...more,
    ...(account === undefined ? {} : { account }),
    ...(region === undefined ? {} : { region }),
  }).toString();

export async function repositories({ api, terminal, json }: Context, place: PlaceOptions): Promise<void> {
  const path = `/api/v1/images/repositories?${queryOf(place, { limit: '500' })}`;
  const { items } = await api.get(path, pageOf(ImageRepositoryView));
  if (json) return terminal.json(items);
  if (items.length === 0) return terminal.note('There is no repository; the first push of an image makes one');
  terminal.table(
    ['REPOSITORY', 'URI', 'TAGS', 'SCAN'],
    items.map((one) => [one.name, one.uri, one.tag_mutability.toLowerCase(), one.scan_on_push ? 'on push' : 'by hand']),
  );
}

export async function list({ api, terminal, json }: Context, repository: string, place: PlaceOptions): Promise<void> {
  const { items } = await api.get(`/api/v1/images?${queryOf(place, { repository, limit: '100' })}`, pageOf(ImageView));
  if (json) return terminal.json(items);
  terminal.table(
    ['DIGEST', 'TAGS', 'MB', 'PUSHED', 'FINDINGS', 'RUNS IN'],
    items.map((one) => [
      one.digest.replace('sha256:', '').slice(0, 12),
      one.tags.join(' '),
      one.size_bytes === null ? '-' : (one.size_bytes / 1e6).toFixed(1),
      one.pushed_at ?? '-',
      one.findings === null
        ? '-'
        : Object.entries(one.findings)
            .map(([severity, count]) => `${String(count)} ${severity.toLowerCase()}`)
            .join(', ') || 'none',
      one.in_use === null ? 'not known' : one.in_use.join(' '),
    ]),
  );
}

export async function findings(
  { api, terminal, json }: Context,
  repository: string,
  digest: string,
  place: PlaceOptions,
): Promise<void> {
  const found = await api.get(`/api/v1/images/findings?${queryOf(place, { repository, digest })}`, FindingsView);
  if (json) return terminal.json(found);
  if (found.findings.length === 0) return terminal.note(`Nothing was found (${found.status ?? 'never scanned'})`);
  terminal.table(
    ['SEVERITY', 'FINDING', 'PACKAGE', 'MORE'],
    found.findings.map((one) => [one.severity, one.name, one.package ?? '-', one.uri ?? '']),
  );
}

/** Exit code 1 when any was kept: something still runs it. */
export async function remove(
  { api, terminal, json }: Context,
  repository: string,
  digests: readonly string[],
  place: PlaceOptions,
): Promise<ExitCode> {
  const done = await api.post('/api/v1/images/delete', { repository, digests, ...place }, DeletedImagesView);
  if (json) terminal.json(done);
  else {
    for (const digest of done.deleted) terminal.print(`${digest} deleted`);
    for (const { digest, reason } of done.kept) terminal.note(`${digest} kept: ${reason}`);
  }
  return done.kept.length === 0 ? EXIT.ok : EXIT.error;
}
