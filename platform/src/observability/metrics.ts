import { collectDefaultMetrics, Registry } from 'prom-client';

/** A registry of one service. Names are snake_case with base units (`_seconds`, `_bytes`, `_total`); labels never carry an id. */
export const createRegistry = (): Registry => new Registry();

/** Metrics of the Node process, once a process. prom-client's `nodejs_active_*_total` are gauges named like counters: left out. */
export function processMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const metric of ['nodejs_active_resources_total', 'nodejs_active_handles_total', 'nodejs_active_requests_total'])
    registry.removeSingleMetric(metric);
  return registry;
}

/**
 * One exposition of several registries: the samples of a metric that several services have stand under one HELP and TYPE,
 * as the text format demands.
 */
export async function renderMetrics(registries: readonly Registry[]): Promise<string> {
  const blocks = new Map<string, { head: string[]; samples: string[] }>();
  for (const registry of registries) {
    let name = '';
    for (const line of (await registry.metrics()).split('\n')) {
      if (line === '') continue;
      const comment = /^# (HELP|TYPE) (\S+)/.exec(line);
      if (comment?.[2] !== undefined) name = comment[2];
      const block = blocks.get(name) ?? { head: [], samples: [] };
      blocks.set(name, block);
      if (!comment) block.samples.push(line);
      else if (!block.head.some((head) => head.startsWith(`# ${comment[1]} `))) block.head.push(line);
    }
  }
  return [...blocks.values()].flatMap(({ head, samples }) => [...head, ...samples]).join('\n') + '\n';
}
