/** Looks ahead (preflight), then fetches what is to be built: the commit is on the record from here on. */
import { join } from 'node:path';
import type { GitSource } from '@aws-deployer/platform/contracts/deployments';
import type { z } from 'zod';
import type { GitCredential } from '@aws-deployer/platform/git/source-repository';
import { writeSnippet } from '../../snippets/snippet-folder.js';
import { done, skipped, type Step, type StepContext, type StepResult } from '../step.js';
import { lookAtBases } from './look-at-bases.js';
import { passPreflight } from './pass-preflight.js';
import { buildFolderOf, folderOf, freshFolder, type BuildFolder } from '../work-folder.js';

export const prepare: Step = async (context, signal) => {
  const { deployment } = context;
  const fetched = deployment.rollbackOf === null && deployment.spec.source.type !== 'image';
  if (fetched) return fetchWhileLooking(context, signal);
  const stopped = await passPreflight(context, signal);
  return (
    stopped ??
    skipped(
      deployment.rollbackOf === null
        ? 'The image is built already.'
        : 'The release is restored as it was stored: nothing is fetched.',
    )
  );
};

/** Both at once: looking ahead costs no time of its own, and ends the fetch when there is no use in it. */
async function fetchWhileLooking(context: StepContext, signal: AbortSignal): Promise<StepResult> {
  const useless = new AbortController();
  const fetching = fetchSource(context, AbortSignal.any([signal, useless.signal]));
  // Its failure is told below, unless the preflight has the first word.
  fetching.catch(() => undefined);
  const stopped = await passPreflight(context, signal);
  if (stopped !== undefined) {
    useless.abort();
    await fetching.catch(() => undefined);
    return stopped;
  }
  const missing = await lookAtBases(context, await fetching, signal);
  if (missing !== undefined) return missing;
  const { commit } = context.deployment;
  return done(
    commit === null ? 'The source is ready to be built.' : `Commit ${commit.slice(0, 12)} is ready to be built.`,
  );
}

/** Fills the deployment's folder afresh; a commit that is on the record is the one that is fetched. */
export async function fetchSource(context: StepContext, signal: AbortSignal): Promise<BuildFolder> {
  const { deployment, parts } = context;
  const { source } = deployment.spec;
  const folder = await freshFolder(folderOf(parts.workDir, deployment.id));
  if (source.type === 'git') return checkOut(context, source, folder, signal);
  if (source.type !== 'snippet') throw new Error(`a source of type ${source.type} is not fetched`);
  const written = await writeSnippet({ code: source.code, language: source.language }, folder, signal);
  for (const warning of written.warnings) context.log('system', `warning: ${warning}`);
  context.log('system', `wrote ${written.files.join(', ')}`);
  return { contextDir: folder, dockerfile: join(folder, 'Dockerfile') };
}

async function checkOut(
  context: StepContext,
  source: z.output<typeof GitSource>,
  folder: string,
  signal: AbortSignal,
): Promise<BuildFolder> {
  const { deployment, parts } = context;
  const checkout = await parts.source.checkout(
    {
      repoUrl: source.repo_url,
      ref: deployment.commit ?? source.ref,
      credential: await credentialOf(context, source.credential),
      into: folder,
      onLine: (text) => context.log('stdout', text),
    },
    signal,
  );
  if (deployment.commit !== checkout.commit) await context.record({ commit: checkout.commit });
  return buildFolderOf(folder, source);
}

async function credentialOf(context: StepContext, name: string | undefined): Promise<GitCredential | undefined> {
  if (name === undefined) return undefined;
  const { deployment, parts } = context;
  const row = await parts.secrets.named(name, deployment.environment, ['git_token', 'ssh_key'], 'source.credential');
  const values = await parts.secrets.read(
    { id: row.id, name, version: row.version },
    context.origin,
    `for deployment ${deployment.id} of ${deployment.application}`,
  );
  const secret = (row.type === 'ssh_key' ? values['private_key'] : values['token']) ?? '';
  context.masker.add(secret);
  return {
    kind: row.type === 'ssh_key' ? 'ssh_key' : 'git_token',
    secret,
    ...(values['username'] === undefined ? {} : { username: values['username'] }),
    ...(values['known_hosts'] === undefined ? {} : { knownHosts: values['known_hosts'] }),
  };
}
