import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';
import { defineRoute } from '../http/define-route.js';
import { serviceModule, type AnyServiceModule } from '../runtime/service.js';
import { testDatabases } from '../testing/test-database.js';
import { startTestService } from '../testing/test-service.js';
import { startTraceCollector, type TraceCollector } from '../testing/trace-collector.js';
import { silentLogger } from './logger.js';
import { openTracing, type FinishedSpan } from './tracing.js';

let collector: TraceCollector;
beforeEach(async () => {
  collector = await startTraceCollector();
  return () => collector.stop();
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const span = (name: string): FinishedSpan => ({
  name,
  kind: 'internal',
  traceId: TRACE,
  spanId: CALLER,
  startedAt: new Date(1_000),
  endedAt: new Date(2_234),
  attributes: { 'deployment.stage': name },
});

/** A service whose `/outer` asks its own `/inner` through the client that all services have. */
const module = (name: 'deployer' | 'monitor'): AnyServiceModule =>
  serviceModule({
    name,
    config: z.object({}),
    migrations: {},
    create: (_config, { clients }) => ({
      routes: [
        defineRoute({
          method: 'get',
          path: '/api/v1/outer/:id',
          operationId: 'outer',
          summary: 'Asks another service',
          access: 'public',
          params: z.object({ id: z.string() }),
          responses: { 200: z.unknown() },
          handler: async () => {
            await new Promise((resolve) => setTimeout(resolve, 5)); // what follows is another turn of the event loop
            return { status: 200, body: await clients[name].call('/api/v1/inner', { answer: z.unknown() }) };
          },
        }),
        defineRoute({
          method: 'get',
          path: '/api/v1/inner',
          operationId: 'inner',
          summary: 'Is asked',
          access: 'internal',
          responses: { 200: z.unknown() },
          handler: async () => ({ status: 200, body: {} }),
        }),
        defineRoute({
          method: 'get',
          path: '/api/v1/broken',
          operationId: 'broken',
          summary: 'Fails',
          access: 'public',
          responses: { 200: z.unknown() },
          handler: async () => {
            throw new AppError('unavailable', 'away', 'hunter2 is away');
          },
        }),
      ],
    }),
  });
const sqlite = testDatabases().filter(({ kind }) => kind === 'sqlite');

test.each(sqlite)('a request and the requests that it makes are one trace', async (kind) => {
  const service = await startTestService(module('deployer'), kind, {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  const ask = (path: string, traceparent: string) =>
    service.send('GET', path, undefined, { as: null, headers: { traceparent } });
  expect((await ask('/api/v1/outer/7', `00-${TRACE}-${CALLER}-01`)).status).toBe(200);
  await ask('/api/v1/broken', 'not a trace');
  await service.stop(); // sends what is left

  const by = (name: string) => collector.spans.find((one) => one.name === name);
  const outer = by('GET /api/v1/outer/:id');
  expect(outer).toMatchObject({ service: 'deployer', traceId: TRACE, parentSpanId: CALLER, failure: undefined });
  expect(outer?.attributes).toEqual({
    'http.request.method': 'GET',
    'http.route': '/api/v1/outer/:id',
    'http.response.status_code': 200,
  });
  expect(by('GET /api/v1/inner')).toMatchObject({ traceId: TRACE, parentSpanId: outer?.spanId });
  expect(by('GET /api/v1/broken')).toMatchObject({ parentSpanId: undefined, failure: 'answered 503' });
  expect(by('GET /api/v1/broken')?.traceId).not.toBe(TRACE);
  expect(JSON.stringify(collector.spans)).not.toContain('hunter2');
});

test.each(sqlite)('without a collector nothing is sent, and the trace goes on all the same', async (kind) => {
  const service = await startTestService(module('monitor'), kind);
  onTestFinished(() => service.stop());
  expect((await service.send('GET', '/api/v1/outer/7', undefined, { as: null })).status).toBe(200);
  expect(collector.spans).toEqual([]);
});

test('a collector that is away or refuses is said once, and holds nobody up', async () => {
  const warn = vi.fn();
  const log = { ...silentLogger, warn } as unknown as typeof silentLogger;
  const refused = await openTracing({ service: 's', version: '1', endpoint: `${collector.url}/`, log });
  collector.status = 400;
  for (let i = 0; i < 1_100; i += 1) refused.record(span('refused')); // more than two batches
  await refused.stop();
  expect(warn).toHaveBeenCalledTimes(1);

  const away = await openTracing({ service: 's', version: '1', endpoint: 'http://127.0.0.1:9', log });
  away.record(span('away'));
  const began = performance.now();
  await away.stop();
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(warn).toHaveBeenCalledTimes(2);
});

test('times and failures arrive as they were', async () => {
  const tracing = await openTracing({ service: 's', version: '1', endpoint: collector.url, log: silentLogger });
  tracing.record({ ...span('whole'), failure: 'x'.repeat(900) });
  await tracing.stop();
  tracing.record(span('late')); // after its end nothing is kept
  expect(collector.spans).toEqual([
    {
      service: 's',
      name: 'whole',
      traceId: TRACE,
      spanId: CALLER,
      parentSpanId: undefined,
      tookMs: 1_234,
      failure: 'x'.repeat(500),
      attributes: { 'deployment.stage': 'whole' },
    },
  ]);
});
