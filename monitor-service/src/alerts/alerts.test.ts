import type { AlertmanagerAlert, AlertView } from '@aws-deployer/platform/contracts/alerts';
import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestService } from '@aws-deployer/platform/testing/test-service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MonitorSchema } from '../schema.js';
import { monitor } from '../service.js';
import { changeOf, toldAlert, type AlertRow } from './alert.js';

const TOKEN = 'canary-token-of-alertmanager';
const FIRST = '2026-11-21T10:00:00.000Z';
const LATER = '2026-11-21T10:05:00.123456789Z';
const told = (fields: Partial<AlertmanagerAlert> = {}): AlertmanagerAlert => ({
  status: 'firing',
  labels: { alertname: 'OutboxLagHigh', severity: 'page', service: 'auth', namespace: 'aws-deployer-production' },
  annotations: { summary: 'history has not confirmed an action of auth' },
  startsAt: FIRST,
  endsAt: '0001-01-01T00:00:00Z',
  generatorURL: 'http://prometheus:9090/graph?g0.expr=x',
  fingerprint: 'f1',
  ...fields,
});

describe('what becomes of an alert', () => {
  const row = (fields: Partial<AlertmanagerAlert> = {}): AlertRow => ({
    ...(toldAlert(told(fields)) as AlertRow),
    seq: 1,
    id: 'a',
    updated_at: FIRST,
  });
  const over = { status: 'resolved', endsAt: LATER } as const;
  test.each([
    ['is new', undefined, {}, 'opened'],
    ['is told again', row(), {}, 'unchanged'],
    ['is told by a second Prometheus that began later', row(), { startsAt: LATER }, 'unchanged'],
    ['has other words', row(), { annotations: { summary: 'worse' } }, 'updated'],
    ['is over', row(), over, 'resolved'],
    ['is over, told again', row(over), over, 'unchanged'],
    ['is over before anybody heard of it', undefined, over, 'resolved'],
    ['fires once more', row(over), { startsAt: LATER }, 'opened'],
    ['was taken for over while Prometheus was away', row(over), {}, 'opened'],
  ])('that %s', (_what, last, fields, kind) => {
    expect(changeOf(last, toldAlert(told(fields))).kind).toBe(kind);
  });
});

describe.each(testDatabases())('alerts on $kind', (kind) => {
  let service: TestService<MonitorSchema>;
  beforeAll(async () => {
    service = await startTestService<MonitorSchema>(monitor, kind, { env: { ALERTMANAGER_TOKEN: TOKEN } });
  });
  afterAll(() => service.stop());
  const post = (alerts: readonly AlertmanagerAlert[], token: string | null = TOKEN) =>
    service.send(
      'POST',
      '/internal/v1/alertmanager',
      { version: '4', status: 'firing', receiver: 'platform', groupLabels: {}, truncatedAlerts: 0, alerts },
      { as: null, ...(token === null ? {} : { headers: { authorization: `Bearer ${token}` } }) },
    );
  const list = async (query = ''): Promise<AlertView[]> =>
    ((await service.send('GET', `/api/v1/alerts${query}`)).body as { items: AlertView[] }).items;

  test('only Alertmanager tells of them, by its token', async () => {
    for (const token of [null, 'admin', `${TOKEN}x`, ''])
      expect(await post([told()], token), String(token)).toMatchObject({
        status: 401,
        body: { code: 'shared_token_required' },
      });
    expect(await service.sendInternal('POST', '/internal/v1/alertmanager', {})).toMatchObject({ status: 401 });
    expect(await list()).toEqual([]);
  });

  test('one fires, is told again, is over, and fires once more', async () => {
    expect(await post([told()])).toMatchObject({
      status: 200,
      body: { opened: 1, updated: 0, resolved: 0, unchanged: 0 },
    });
    const [first] = await list();
    expect(first).toMatchObject({
      fingerprint: 'f1',
      name: 'OutboxLagHigh',
      state: 'firing',
      severity: 'page',
      service: 'auth',
      namespace: 'aws-deployer-production',
      summary: 'history has not confirmed an action of auth',
      started_at: FIRST,
      resolved_at: null,
    });
    const atOnce = await Promise.all([post([told()]), post([told()]), post([told({ startsAt: LATER })])]);
    expect(atOnce.map(({ body }) => (body as { unchanged: number }).unchanged)).toEqual([1, 1, 1]);
    const over = told({ status: 'resolved', endsAt: LATER });
    expect((await post([over, over])).body).toMatchObject({ resolved: 1, unchanged: 1 });
    expect(await list()).toMatchObject([{ id: first?.id, state: 'resolved', resolved_at: '2026-11-21T10:05:00.123Z' }]);
    expect((await post([told({ startsAt: '2026-11-21T11:00:00Z' })])).body).toMatchObject({ opened: 1 });
    expect((await list()).map(({ state }) => state)).toEqual(['firing', 'resolved']);
    expect(await service.send('GET', `/api/v1/alerts/${first?.id ?? ''}`)).toMatchObject({
      status: 200,
      body: { id: first?.id, state: 'resolved' },
    });
  });

  test('told at once to two replicas it is one', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => post([told({ fingerprint: 'race' })])));
    expect(answers.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect((await list()).filter(({ fingerprint }) => fingerprint === 'race')).toHaveLength(1);
  });

  test('each change is on the log, and no repetition', async () => {
    const { database } = service.test;
    const records = (await database.db.selectFrom('outbox').select('record').orderBy('seq').execute()).map(
      ({ record }) => JSON.parse(record) as { action_type: string; user_id: string; target: string },
    );
    const [first] = await list('?state=resolved');
    expect(records.filter(({ target }) => target === first?.id)).toMatchObject([
      { action_type: 'alert.fire', user_id: 'alertmanager' },
      { action_type: 'alert.resolve', user_id: 'alertmanager' },
    ]);
    expect(JSON.stringify(records)).not.toContain(TOKEN);
  });

  test('they are found by state, label and time, a page at a time', async () => {
    await post([
      told({ fingerprint: 'f9', labels: { alertname: 'NodeCpuHigh' }, startsAt: '2026-11-20T08:00:00Z' }),
      told({ fingerprint: 'f8', labels: { alertname: 'NodeCpuHigh' }, startsAt: '2026-11-20T07:00:00Z' }),
    ]);
    expect(await list('?name=NodeCpuHigh')).toMatchObject([
      { fingerprint: 'f9', service: null, severity: null },
      { fingerprint: 'f8' },
    ]);
    expect((await list('?state=resolved')).map(({ state }) => state)).toEqual(['resolved']);
    expect(await list('?to=2026-11-20T07:30:00Z')).toMatchObject([{ fingerprint: 'f8' }]);
    const page = (await service.send('GET', '/api/v1/alerts?name=NodeCpuHigh&limit=1')).body as { next_cursor: string };
    expect(await list(`?name=NodeCpuHigh&limit=1&cursor=${page.next_cursor}`)).toMatchObject([{ fingerprint: 'f8' }]);
    expect(await service.send('GET', '/api/v1/alerts', undefined, { as: null })).toMatchObject({ status: 401 });
    expect(await service.send('GET', '/api/v1/alerts/018f0000-0000-7000-8000-000000000000')).toMatchObject({
      status: 404,
      body: { code: 'alert_not_found' },
    });
  });
});

test('where no token is set nobody is let in', async () => {
  const [kind] = testDatabases();
  if (kind === undefined) throw new Error('SQLite is always there');
  const service = await startTestService(monitor, kind);
  try {
    expect(
      await service.send('POST', '/internal/v1/alertmanager', {}, { headers: { authorization: 'Bearer undefined' } }),
    ).toMatchObject({ status: 401 });
  } finally {
    await service.stop();
  }
});
