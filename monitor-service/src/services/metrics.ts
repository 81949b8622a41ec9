import { Gauge, Histogram, type Registry } from 'prom-client';

export function serviceMetrics(register: Registry) {
  const registers = [register];
  const labelNames = ['service'] as const;
  return {
    up: new Gauge({
      name: 'monitor_service_up',
      help: '1 when a service answers its health, else 0',
      labelNames,
      registers,
    }),
    latency: new Histogram({
      name: 'monitor_service_latency_seconds',
      help: 'How long a service takes to answer its health, in seconds',
      labelNames,
      buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5],
      registers,
    }),
  };
}
export type ServiceMetrics = ReturnType<typeof serviceMetrics>;
