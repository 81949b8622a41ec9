/** From `npm start`, once built, to `ready`; and the memory of all services together, idle after one deployment. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { BenchApi } from './bench-api.js';
import { atMost, median, milliseconds, type Figure } from './figures.js';
import { platformAt, residentBytes, root, startNode, startPlatform } from './started-process.js';

const ROUNDS = 7;
const IDLE_MS = 10_000;

export async function measureStart(): Promise<readonly Figure[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'aws-deployer-bench-start-'));
  try {
    const at = await platformAt(dataDir);
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const started = await startNode([join(root, 'scripts/start.mjs')], at.env);
      if (round > 0) times.push(started.ms); // the first makes keys and tables
      await started.stop();
    }
    const ms = median(times);
    const megabytes = await memoryAfterOneDeployment(at);
    return [
      { what: 'npm start to ready, once built', found: milliseconds(ms), bar: atMost(ms / 1000, 3, ' s') },
      {
        what: 'resident memory, idle after one deployment',
        found: `${megabytes} MB`,
        bar: atMost(megabytes, 300, ' MB'),
      },
    ];
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function memoryAfterOneDeployment(at: Awaited<ReturnType<typeof platformAt>>): Promise<number> {
  const platform = await startPlatform(at);
  try {
    const api = await BenchApi.signIn(at.port);
    const { id } = (await api.send('POST', '/api/v1/deployments/sample', {})) as DeploymentView;
    await api.stable(id);
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return Math.round(residentBytes(platform.child.pid ?? 0) / 1e6);
  } finally {
    await platform.stop();
  }
}
