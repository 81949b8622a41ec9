import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { choosePorts } from './ports.js';
import { loadSettings } from './settings.js';

let folder: string;
let taken: Server;
let takenPort: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aws-deployer-ports-'));
  taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  takenPort = (taken.address() as AddressInfo).port;
});
afterEach(() => {
  taken.close();
  rmSync(folder, { recursive: true, force: true });
});
const settingsOf = (env: Record<string, string>) =>
  loadSettings({ DATA_DIR: folder, PORT: '18993', LOCAL_CLUSTER_PORT: '18994', ...env });

test('the ports of the registry and the gateway are free ones at first and the same ever after', async () => {
  const first = await choosePorts(settingsOf({}));
  expect(first.registry).not.toBe(first.gateway);
  expect(await choosePorts(settingsOf({}))).toEqual(first);
  expect(JSON.parse(readFileSync(join(folder, 'ports.json'), 'utf8'))).toEqual(first);
});

test.each(['PORT', 'LOCAL_CLUSTER_PORT', 'LOCAL_REGISTRY_PORT', 'LOCAL_GATEWAY_PORT'])(
  'a taken %s is one line that names the port and the variable',
  async (variable) => {
    await expect(choosePorts(settingsOf({ [variable]: String(takenPort) }))).rejects.toMatchObject({
      code: 'port_taken',
      message: `Port ${takenPort} on 127.0.0.1 is taken: stop what uses it or choose another with ${variable}`,
    });
  },
);

test('on a real cluster the embedded cluster’s ports do not matter', async () => {
  const settings = settingsOf({ KUBECONFIG: '/etc/kube', LOCAL_CLUSTER_PORT: String(takenPort) });
  await expect(choosePorts(settings)).resolves.toBeDefined();
});

test('a damaged file of ports is named', async () => {
  writeFileSync(join(folder, 'ports.json'), '{"registry":');
  await expect(choosePorts(settingsOf({}))).rejects.toMatchObject({ code: 'bad_ports_file' });
});
