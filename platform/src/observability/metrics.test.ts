import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { processMetrics, renderMetrics } from './metrics.js';

const counting = (service: string) => {
  const registry = new Registry();
  new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['service'], registers: [registry] }).inc(
    { service },
    2,
  );
  return registry;
};

test('the samples of two registries stand under one HELP and TYPE', async () => {
  const text = await renderMetrics([counting('a'), counting('b')]);
  expect(text).toBe(
    '# HELP calls_total Calls\n# TYPE calls_total counter\ncalls_total{service="a"} 2\ncalls_total{service="b"} 2\n',
  );
});

test('process metrics leave out the gauges that are named like counters', async () => {
  const text = await renderMetrics([processMetrics()]);
  expect(text).toContain('process_cpu_seconds_total');
  expect(text).not.toMatch(/nodejs_active_\w+_total/);
});
