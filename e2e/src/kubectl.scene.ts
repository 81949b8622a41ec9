/** The embedded cluster through kubectl, as an ordinary client; the metrics through promtool, as an ordinary reader. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StartedPlatform } from './started-platform.js';
import { ci } from './variants.js';

const run = promisify(execFile);
const isThere = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch (error) {
      if (error instanceof Error) return false; // not in this folder
      throw error;
    }
  });

let platform: StartedPlatform;
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'aws-deployer-kubectl-'));
  platform = await StartedPlatform.start();
});
afterAll(async () => {
  await platform.remove();
  await rm(home, { recursive: true, force: true });
});

async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run('kubectl', ['--server', platform.clusterUrl, ...args], {
    env: { PATH: process.env['PATH'], HOME: home },
  });
  return stdout;
}

test.skipIf(!ci && !isThere('kubectl'))('get, apply, rollout status, scale, logs, wait, delete', async () => {
  const api = await platform.signIn();
  const sample = await api.send('POST', '/api/v1/deployments/sample', {});
  expect(sample.status).toBe(202);
  const deployed = await api.ended((sample.body as { id: string }).id);
  expect(deployed.state).toBe('stable');

  expect(await kubectl('get', 'pods', '-A')).toMatch(/NAMESPACE +NAME +READY +STATUS[\s\S]*1\/1 +Running/);
  const manifest = join(home, 'config.yaml');
  await writeFile(
    manifest,
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: notes, namespace: default }\ndata: { a: "1" }\n',
  );
  expect(await kubectl('apply', '-f', manifest)).toContain('configmap/notes created');
  expect(await kubectl('apply', '-f', manifest)).toContain('configmap/notes unchanged');
  expect(await kubectl('apply', '--server-side', '--force-conflicts', '-f', manifest)).toContain('serverside-applied');

  const { application, namespace } = deployed;
  const name = `deployment/${application}`;
  expect(await kubectl('-n', namespace, 'rollout', 'status', name, '--timeout=60s')).toContain(
    'successfully rolled out',
  );
  await kubectl('-n', namespace, 'scale', name, '--replicas=2');
  expect(await kubectl('-n', namespace, 'rollout', 'status', name, '--timeout=60s')).toContain(
    'successfully rolled out',
  );
  expect((await kubectl('-n', namespace, 'get', 'pods', '-o', 'name')).trim().split('\n')).toHaveLength(2);
  expect(await kubectl('-n', namespace, 'logs', name)).toContain('listens on port');
  expect(await kubectl('-n', namespace, 'describe', name)).toContain('NewReplicaSet');
  expect(await kubectl('delete', '-f', manifest)).toContain('deleted');
});

test.skipIf(!ci && !isThere('promtool'))('promtool finds nothing to mend in the metrics', async () => {
  const text = await (await fetch(`${platform.url}/metrics`)).text();
  for (const series of ['http_request_duration_seconds', 'deployer_deployments_finished_total', 'outbox_lag_seconds'])
    expect(text).toContain(`# TYPE ${series} `);
  const promtool = spawn('promtool', ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  promtool.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  promtool.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  promtool.stdin.end(text);
  const [code] = (await once(promtool, 'close')) as [number];
  expect([code, said]).toEqual([0, '']);
});
