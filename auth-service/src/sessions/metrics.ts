import { Counter, type Registry } from 'prom-client';

export function loginMetrics(register: Registry): Counter<'outcome'> {
  const logins = new Counter({
    name: 'auth_logins_total',
    help: 'Logins by how they ended',
    labelNames: ['outcome'] as const,
    registers: [register],
  });
  for (const outcome of ['succeeded', 'denied', 'locked_out'] as const) logins.inc({ outcome }, 0);
  return logins;
}
