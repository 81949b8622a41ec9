import { testDatabases } from '@aws-deployer/platform/testing/test-database';
import { startTraceCollector } from '@aws-deployer/platform/testing/trace-collector';
import { expect, test } from 'vitest';
import { gitBody, startDeployer } from '../testing/deployer-harness.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

test.each(testDatabases())('a deployment on $kind is a part of its request’s trace, stage by stage', async (kind) => {
  const collector = await startTraceCollector();
  const deployer = await startDeployer(kind, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const headers = { traceparent: `00-${TRACE}-${CALLER}-01` };
  const ask = async (application: string): Promise<string> => {
    const answer = await deployer.service.send('POST', '/api/v1/deployments', gitBody(application), { headers });
    return (answer.body as { id: string }).id;
  };
  try {
    const good = await ask('traced');
    expect((await deployer.ended(good)).state).toBe('stable');
    deployer.engines.cluster.behaviour = () => 'crash';
    const bad = await ask('crashed');
    expect((await deployer.ended(bad)).state).toBe('rolled_back');
    await deployer.stop(); // sends what is left

    const of = (id: string) => collector.spans.filter(({ attributes }) => attributes['deployment.id'] === id);
    expect(collector.spans.filter(({ name }) => name.startsWith('POST'))).toMatchObject([
      { traceId: TRACE, parentSpanId: CALLER },
      { traceId: TRACE, parentSpanId: CALLER },
    ]);
    const spans = of(good);
    const whole = spans.find(({ name }) => name === 'deployment');
    expect(whole).toMatchObject({ service: 'deployer', traceId: TRACE, failure: undefined });
    expect(whole?.attributes).toMatchObject({ 'deployment.application': 'traced', 'deployment.outcome': 'stable' });
    const stages = spans.filter((span) => span !== whole);
    expect(stages.map(({ name }) => name)).toEqual(
      ['validating', 'preparing', 'building', 'deploying', 'testing', 'monitoring'].map(
        (stage) => `deployment ${stage}`,
      ),
    );
    for (const stage of stages) expect(stage).toMatchObject({ traceId: TRACE, parentSpanId: whole?.spanId });
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);

    const failed = of(bad);
    expect(failed.find(({ name }) => name === 'deployment deploying')?.failure).toMatch(/crashed/);
    expect(failed.find(({ name }) => name === 'deployment rolling_back')?.failure).toBeUndefined();
    expect(failed.find(({ name }) => name === 'deployment')?.failure).toMatch(/crashed/);
  } finally {
    await collector.stop();
  }
});
