/** Runs that destroy, whole: the service with the real Terraform, and moto's account behind it. */
import { CreateVolumeCommand, DeleteVolumeCommand, DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import { findMotoPython, startMoto, type Moto } from '@aws-deployer/platform/testing/moto';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { infra as module } from '../service.js';
import { holdRequests, type HeldRequests } from '../testing/held-requests.js';
import { hasTerraform, startInfra, type InfraHarness } from '../testing/infra-harness.js';

const missing = !hasTerraform() || (process.env['CI'] === undefined && (await findMotoPython()) === null);
const REGION = 'eu-central-1';
const KEYS = { accessKeyId: 'test', secretAccessKey: 'test' };
const MAIN = (cluster: string) => `
resource "terraform_data" "network" { input = "10.9.0.0/16" }
output "cluster" { value = { name = "${cluster}" } }
`;

describe.skipIf(missing).each(testDatabases())('destroys on $kind', (kind) => {
  let moto: Moto;
  let way: HeldRequests;
  let infra: InfraHarness;
  let ec2: EC2Client;
  beforeAll(async () => {
    moto = await startMoto();
    way = await holdRequests(moto.url);
    ec2 = new EC2Client({ endpoint: moto.url, region: REGION, credentials: KEYS });
    infra = await startInfra(kind, {
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      AWS_ENDPOINT_URL: way.url,
      SWEEP_SECONDS: '0.2',
      SWEEP_AGAIN_SECONDS: '0.05',
      LEASE_SECONDS: '1',
      HEARTBEAT_SECONDS: '0.2',
    });
  }, 90_000);
  afterAll(async () => {
    await infra.service.stop();
    ec2.destroy();
    await way.stop();
    await moto.stop();
  });

  /** A disk as a volume claim of this cluster gets it. */
  const claimed = async (cluster: string): Promise<string> => {
    const Tags = [{ Key: `kubernetes.io/cluster/${cluster}`, Value: 'owned' }];
    const TagSpecifications = [{ ResourceType: 'volume' as const, Tags }];
    const command = new CreateVolumeCommand({ AvailabilityZone: `${REGION}a`, Size: 1, TagSpecifications });
    return (await ec2.send(command)).VolumeId ?? '';
  };
  const volumes = async (): Promise<string[]> =>
    ((await ec2.send(new DescribeVolumesCommand({}))).Volumes ?? []).map(({ VolumeId = '' }) => VolumeId);
  const applied = async (name: string): Promise<void> => {
    await infra.environment(name, MAIN(name), { account: 'environment', region: REGION });
    const run = await infra.apply(await infra.ran(name, { kind: 'plan' }));
    expect(run, JSON.stringify(run.failure)).toMatchObject({ status: 'succeeded' });
  };
  const apply = async (plan: InfraRunView): Promise<string> => {
    const { body } = await infra.send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash });
    return (body as InfraRunView).id;
  };
  const statusOf = async (name: string) => (await infra.send('GET', `/environments/${name}`)).body as object;

  test('what Kubernetes made after the approval stops the destroy before anything goes; a new plan takes it along', async () => {
    await applied('changed');
    const known = await claimed('changed');
    const plan = await infra.ran('changed', { kind: 'destroy' });
    expect(plan).toMatchObject({ sweep: { items: [{ id: known, state: 'planned' }] } });
    const late = await claimed('changed');
    const refused = await infra.apply(plan);
    expect(refused).toMatchObject({ status: 'failed', failure: { code: 'sweep_changed' } });
    expect(refused.failure?.message).toContain(late);
    expect(await volumes()).toEqual(expect.arrayContaining([known, late]));
    // Nothing of Terraform's was begun either, and what is there is still known.
    expect(refused.resources).toMatchObject({ done: 0, failed: 0 });
    const again = await infra.ran('changed', { kind: 'destroy' });
    expect(again.sweep?.items.map(({ id }) => id).sort()).toEqual([known, late].sort());
    expect(again.plan_hash).not.toBe(plan.plan_hash);
    const gone = await infra.apply(again);
    expect(gone, JSON.stringify(gone.failure)).toMatchObject({ status: 'succeeded', orphans: [] });
    expect(await statusOf('changed')).toMatchObject({ status: 'empty' });
    expect(await volumes()).not.toEqual(expect.arrayContaining([late]));
  }, 60_000);

  test('what is left is named and fails the run; a further destroy finds it with an empty state, and ends it', async () => {
    await applied('left');
    const plan = await infra.ran('left', { kind: 'destroy' });
    expect(plan).toMatchObject({ sweep: { items: [] } });
    // It comes once the sweep is over, and Terraform has destroyed the rest.
    way.hold('TagFilters');
    const id = await apply(plan);
    await way.held();
    const late = await claimed('left');
    way.release();
    const run = await infra.ended(id);
    expect(run).toMatchObject({
      status: 'failed',
      failure: { code: 'orphans_left' },
      orphans: [{ type: 'ec2:volume', region: REGION, tag: 'kubernetes.io/cluster/left=owned' }],
    });
    expect(run.failure?.message).toContain(late);
    expect(await statusOf('left')).toMatchObject({ status: 'incomplete' });
    expect(await infra.send('DELETE', '/environments/left')).toMatchObject({ status: 409 });

    // Its state is empty by now: the cluster is known from the destroy before.
    const further = await infra.ran('left', { kind: 'destroy' });
    expect(further).toMatchObject({
      reason: 'No changes, 1 to sweep',
      sweep: { clusters: [{ name: 'left' }], items: [{ id: late, state: 'planned' }] },
    });
    const gone = await infra.apply(further);
    expect(gone, JSON.stringify(gone.failure)).toMatchObject({ status: 'succeeded', orphans: [] });
    expect(await statusOf('left')).toMatchObject({ status: 'empty', current_version: null });
    expect(await infra.send('DELETE', '/environments/left')).toMatchObject({ status: 204 });
  }, 60_000);

  test('an orphan that was taken away by hand is gone for the next destroy as well', async () => {
    await applied('byhand');
    const plan = await infra.ran('byhand', { kind: 'destroy' });
    way.hold('TagFilters');
    const id = await apply(plan);
    await way.held();
    const late = await claimed('byhand');
    way.release();
    expect(await infra.ended(id)).toMatchObject({ failure: { code: 'orphans_left' } });
    await ec2.send(new DeleteVolumeCommand({ VolumeId: late }));
    const further = await infra.ran('byhand', { kind: 'destroy' });
    expect(further).toMatchObject({ reason: 'No changes', sweep: { items: [] } });
    expect(await infra.apply(further)).toMatchObject({ status: 'succeeded', orphans: [] });
    expect(await statusOf('byhand')).toMatchObject({ status: 'empty' });
  }, 60_000);

  test('a sweep whose process was killed in the middle is taken over: what is gone is not asked for again', async () => {
    await applied('taken');
    const disks = [await claimed('taken'), await claimed('taken'), await claimed('taken')];
    const plan = await infra.ran('taken', { kind: 'destroy' });
    const [first = '', second = '', third = ''] = (plan.sweep?.items ?? []).map((item) => item.id);
    expect([first, second, third].sort()).toEqual([...disks].sort());
    way.hold(`VolumeId=${second}`);
    const id = await apply(plan);
    const view = async () => (await infra.send('GET', `/runs/${id}`)).body as InfraRunView;
    await way.held();
    expect((await view()).sweep?.items.map(({ state }) => state)).toEqual(['gone', 'planned', 'planned']);

    const { env, database } = infra.service.test;
    const other = await runServices({
      port: 0,
      host: '127.0.0.1',
      services: [
        {
          module,
          env: {
            MODE: 'local',
            PATH: process.env['PATH'],
            AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
            AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
            AWS_ENDPOINT_URL: moto.url,
            SWEEP_SECONDS: '0.2',
            SWEEP_AGAIN_SECONDS: '0.05',
            ...env,
            LEASE_SECONDS: '30',
          },
        },
      ],
      allInOne: true,
      log: silentLogger,
    });
    onTestFinished(() => other.stop());
    // As after a kill: whoever had it no longer writes, and its lease is over.
    await database.db
      .updateTable('infra_runs')
      .set({ lease_owner: 'somebody-gone', lease_expires_at: '2020-01-01T00:00:00.000Z' })
      .where('id', '=', id)
      .execute();
    const run = await infra.ended(id);
    expect(run, JSON.stringify(run.failure)).toMatchObject({ status: 'succeeded', orphans: [], made_version: 2 });
    expect(run.sweep?.items.map(({ state }) => state)).toEqual(['gone', 'gone', 'gone']);
    for (const disk of disks) expect(await volumes()).not.toContain(disk);
    const { body: events } = await infra.send('GET', `/runs/${id}/events`);
    const told = [...String(events).matchAll(/event: sweep\ndata: (\{.*\})/g)].map(
      ([, data]) => JSON.parse(data ?? '{}') as { id: string; status: string },
    );
    const of = (disk: string) => told.filter((one) => one.id === disk).map(({ status }) => status);
    expect(of(first)).toEqual(['started', 'done']);
    expect(of(second)).toEqual(['started', 'started', 'done']); // once by each
    expect(of(third)).toEqual(['started', 'done']);
    way.release(); // whoever had it before no longer writes, whatever answer comes at last
    expect(await statusOf('taken')).toMatchObject({ status: 'empty' });
  }, 60_000);
});
