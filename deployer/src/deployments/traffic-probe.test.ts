/** The prober of a deployment follows the application: to another address, and into another process. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Workload } from '@aws-deployer/platform/contracts/deployments';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import type { Cluster } from '../ports/cluster.js';
import { gitBody, startDeployer, type DeployerHarness } from '../testing/deployer-harness.js';
import type { Deployment } from './deployment.js';
import { TrafficProbe } from './traffic-probe.js';

test('a prober that breaks is told, and takes neither the process nor its deployment along', async () => {
  const cluster = { serviceUrl: () => Promise.reject(new TypeError('no such field')) } as unknown as Cluster;
  const deployment = { namespace: 'dev', application: 'shop', spec: { workload: Workload.parse({}) } };
  const { promise: broken, resolve } = Promise.withResolvers<unknown>();
  const probe = new TrafficProbe({ cluster }, deployment as unknown as Deployment, () => undefined, resolve);
  expect(await broken).toBeInstanceOf(TypeError);
  expect(await probe.stop()).toBeUndefined();
});

describe.each(testDatabases())('the prober of a deployment on $kind', (kind) => {
  let deployer: DeployerHarness;
  beforeEach(async () => {
    deployer = await startDeployer(kind);
  });
  afterEach(() => deployer.stop());

  test('an address that changes with the release is followed: the old one answers nobody any more', async () => {
    const { cluster } = deployer.engines;
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const moved = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const first = await deployer.ended((await deployer.create(gitBody('moved'))).id);
      expect(first.state).toBe('stable');
      cluster.elsewhere = (service) => (JSON.stringify(service).includes('30777') ? moved : undefined);
      const workload = { service_type: 'NodePort', node_port: 30777 };
      const { id } = await deployer.create(gitBody('moved', { workload, monitor_seconds: 600 }));
      await deployer.until(id, ({ state }) => state === 'monitoring');
      cluster.answer = () => ({ status: 503, body: '' }); // at the old address
      await expect.poll(() => asked, { timeout: 15_000 }).toBeGreaterThan(30);
      expect(await deployer.view(id)).toMatchObject({ state: 'monitoring', url: moved, verdict: null });
      await deployer.service.send('POST', `/api/v1/deployments/${id}/cancel`, {}, { as: 'developer' });
      expect(await deployer.ended(id)).toMatchObject({ state: 'cancelled', url: first.url });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
