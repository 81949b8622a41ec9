/** Metrics of calls to AWS. Labels are names of services, regions and cloud accounts as people gave them: never an id. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { AWS_SERVICES } from './aws-clients.js';

export const CALL_OUTCOMES = ['ok', 'refused', 'throttled', 'failed', 'circuit_open', 'aborted'] as const;
export type CallOutcome = (typeof CALL_OUTCOMES)[number];

export function awsMetrics(register: Registry) {
  const calls = new Counter({
    name: 'aws_calls_total',
    help: 'Calls to AWS, retries within a call not counted, by service and how they ended',
    labelNames: ['service', 'outcome'] as const,
    registers: [register],
  });
  const throttles = new Counter({
    name: 'aws_throttles_total',
    help: 'Attempts that AWS refused because it was asked too often',
    labelNames: ['service'] as const,
    registers: [register],
  });
  const retries = new Counter({
    name: 'aws_retries_total',
    help: 'Attempts beyond the first of a call',
    labelNames: ['service'] as const,
    registers: [register],
  });
  for (const service of AWS_SERVICES) {
    for (const outcome of CALL_OUTCOMES) calls.inc({ service, outcome }, 0);
    throttles.inc({ service }, 0);
    retries.inc({ service }, 0);
  }
  const circuitOpen = new Gauge({
    name: 'aws_circuit_open',
    help: '1 while nothing is sent to a service because it failed again and again',
    labelNames: ['account', 'region', 'service'] as const,
    registers: [register],
  });
  return { calls, throttles, retries, circuitOpen };
}
export type AwsMetrics = ReturnType<typeof awsMetrics>;
