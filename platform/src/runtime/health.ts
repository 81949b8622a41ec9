/**
 * Three questions about a process, without a principal and without a limit of requests:
 *
 * - `/health/live`: is it alive? The event loop answers and nothing else is asked, also while it starts: a restart mends no
 *   database, and restarting every replica for one that is away makes it worse.
 * - `/health/ready`: may it get requests? Each service here and its database answer, and the process is not about to end.
 * - `/health`: how is each service? For people, monitor-service and scripts. All in one process it is 200 whatever it says.
 */
import type { Application } from 'express';
import type { Database } from '../database/open-database.js';
import { AppError, messageOf } from '../errors/app-error.js';
import type { ServiceName } from './config.js';
import type { PlatformSchema, Service } from './service.js';

export const LIVE_PATH = '/health/live';
/** A dependency that does not answer for so long does not answer; less than any probe waits. */
const LIMIT_MS = 2_000;
const STARTING = { status: 'starting' };

export interface HealthOptions {
  readonly version: string;
  readonly services: readonly {
    readonly name: ServiceName;
    readonly service: Service;
    readonly database: Database<PlatformSchema>;
  }[];
  readonly allInOne: boolean;
  /** Whether each service has done what it does once at its start: before, nobody could sign in. */
  readonly started: () => boolean;
  readonly stopping: AbortSignal;
}

export function mountHealth(app: Application, options: HealthOptions): void {
  app.get('/health', (_request, response, next) => {
    if (!options.started()) return void response.status(503).set('retry-after', '1').json(STARTING);
    healthOf(options)
      .then(({ ok, body }) => response.status(ok || options.allInOne ? 200 : 503).json(body))
      .catch(next);
  });
  app.get('/health/ready', (_request, response, next) => {
    if (options.stopping.aborted) {
      response.status(503).set('connection', 'close').json({ status: 'stopping' });
      return;
    }
    if (!options.started()) return void response.status(503).set('retry-after', '1').json(STARTING);
    healthOf(options)
      .then(({ ok, body }) => response.status(ok ? 200 : 503).json(body))
      .catch(next);
  });
}

async function healthOf({ services, version }: HealthOptions): Promise<{ ok: boolean; body: unknown }> {
  const states = await Promise.all(
    services.map(
      async ({ name, service, database }): Promise<[ServiceName, { status: 'up' | 'down'; reason?: string }]> => {
        try {
          await inTime(database.ping(), 'The database');
          await inTime(Promise.resolve(service.ready?.()), 'What the service needs');
          return [name, { status: 'up' }];
        } catch (error) {
          return [name, { status: 'down', reason: messageOf(error) }];
        }
      },
    ),
  );
  const ok = states.every(([, { status }]) => status === 'up');
  return { ok, body: { status: ok ? 'up' : 'degraded', version, services: Object.fromEntries(states) } };
}

async function inTime(answer: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new AppError('unavailable', 'no_answer', `${what} does not answer within ${LIMIT_MS / 1000} s`)),
      LIMIT_MS,
    );
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
