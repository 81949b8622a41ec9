/** What a killed process left in its work folder goes away with the deployment that it was for. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { scratchFolderOf } from '@aws-deployer/image-builder/host/scratch-folder';
import { newId } from '@aws-deployer/platform/database/ids';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import { hang } from '../testing/fake-engines.js';
import { BUILDS, WorkFolderSweep } from './work-folder-sweep.js';

let deployer: DeployerHarness;
afterEach(() => deployer.stop());

test.each(testDatabases())('only what no open deployment needs is removed, on $kind', async (kind) => {
  deployer = await startDeployer(kind);
  deployer.engines.builder.before = (_request, signal) => hang(signal);
  const open = await deployer.create(gitBody('open'));
  await deployer.until(open.id, ({ builder }) => builder !== null);
  const ended = await deployer.create(gitBody('ended'));
  await deployer.service.send('POST', `/api/v1/deployments/${ended.id}/cancel`, {});
  await deployer.ended(ended.id);

  const { database, env } = deployer.service.test;
  const workDir = join(env.DATA_DIR, 'chaos-work');
  const left = [open.id, ended.id, `${ended.id}.context.tar`, newId(), 'somebody-else'];
  for (const name of left) await mkdir(join(workDir, name), { recursive: true });
  for (const { id } of [open, ended]) await mkdir(join(workDir, BUILDS, scratchFolderOf(id)), { recursive: true });

  await new WorkFolderSweep({ database, workDir }, silentLogger).sweep();
  expect((await readdir(workDir)).sort()).toEqual([open.id, BUILDS, 'somebody-else'].sort());
  expect(await readdir(join(workDir, BUILDS))).toEqual([scratchFolderOf(open.id)]);
});
