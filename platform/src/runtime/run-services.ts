/**
 * Runs one service or all of them on one port: the same `ServiceModule`s, wired once. The port is taken first, so that
 * its clash is the first thing said and the services' addresses are known before any is made; until all are ready every
 * path but `/health/live` answers 503.
 */
import { join } from 'node:path';
import type { Application, NextFunction, Request, Response } from 'express';
import { Histogram, type Registry } from 'prom-client';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { RemotePrincipals, type PrincipalResolver } from '../auth/principal-resolver.js';
import { keysIn, ServiceTokens } from '../auth/service-token.js';
import { assertMigrated, migrate, untilMigrated, type Migrations } from '../database/migrate.js';
import { openDatabase, type Database } from '../database/open-database.js';
import { AppError } from '../errors/app-error.js';
import { mountApiDocs } from '../http/api-docs.js';
import { createApp } from '../http/create-app.js';
import { IdempotencyKeys, idempotencyMigrations } from '../http/idempotency.js';
import { mountRoute } from '../http/mount-route.js';
import { openApi } from '../http/openapi.js';
import { mountOtherMethods } from '../http/other-methods.js';
import { asAppError, problemOf } from '../http/problem.js';
import { RequestLog } from '../http/request-log.js';
import { requestContext } from '../http/request-context.js';
import { ServiceClient } from '../http-client/service-client.js';
import { createLogger, type Logger } from '../observability/logger.js';
import { openTracing } from '../observability/tracing.js';
import { createRegistry, processMetrics, renderMetrics } from '../observability/metrics.js';
import { outboxMigrations } from '../outbox/outbox.js';
import { OutboxRelay } from '../outbox/relay.js';
import { LIVE_PATH, mountHealth } from './health.js';
import { loadConfig, SERVICE_NAMES, SharedConfig, type Environment, type ServiceName } from './config.js';
import { listen } from './listen.js';
import { unlessAborted } from './clock.js';
import type { AnyServiceModule, PlatformSchema, Service } from './service.js';

export const VERSION = '0.1.0';
const STOP_GRACE_MS = 3_000;

export interface RunOptions {
  readonly port: number;
  readonly host: string;
  /** Each service with its own environment: only that differs between one process and many. */
  readonly services: readonly { readonly module: AnyServiceModule; readonly env: Environment }[];
  /** The services of this process find each other here; absent: by their `*_URL`. */
  readonly allInOne?: boolean;
  readonly logFile?: string;
  /** Paths outside the services: the console. Mounted last. */
  readonly mount?: (app: Application) => void;
  /** A MySQL that is away, or whose schema is behind, is waited for instead of thrown about. */
  readonly waitForDatabase?: boolean;
  /** Gives the start up: it throws the signal's reason, and what was started is stopped. */
  readonly signal?: AbortSignal;
  /** Tests hand in who is who. */
  readonly principals?: PrincipalResolver;
  readonly log?: Logger;
}
export interface Running {
  readonly port: number;
  readonly url: string;
  stop(): Promise<void>;
}

interface Started {
  readonly name: ServiceName;
  readonly service: Service;
  readonly database: Database<PlatformSchema>;
  readonly register: Registry;
  readonly relay: OutboxRelay;
  stop(): Promise<void>;
}

export const migrationsOf = (module: AnyServiceModule): Migrations => ({
  ...outboxMigrations,
  ...idempotencyMigrations,
  ...module.migrations,
});

export async function runServices(options: RunOptions): Promise<Running> {
  let app: Application | undefined;
  const listening = await listen(
    (request, response) => {
      const json = { 'content-type': 'application/json' };
      if (request.url === LIVE_PATH) response.writeHead(200, json).end('{"status":"up"}');
      else if (app) app(request, response);
      else response.writeHead(503, { ...json, 'retry-after': '1' }).end('{"status":"starting"}');
    },
    options.port,
    options.host,
  );
  const url = `http://${reachable(options.host)}:${listening.port}`;
  const stopping = new AbortController();
  const giveUp = (): void => stopping.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', giveUp, { once: true });
  const started: Started[] = [];
  let ready = false;
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all([listening.close(STOP_GRACE_MS), ...started.map((one) => one.stop())]);
    await Promise.all(started.map(({ database }) => database.close()));
  };
  try {
    options.signal?.throwIfAborted();
    const next = createApp(Number(options.services[0]?.env['TRUSTED_PROXIES'] ?? 0));
    for (const { module, env } of options.services)
      started.push(
        await unlessAborted(startService(module, env, next, url, options, stopping.signal), stopping.signal),
      );
    finishApp(next, started, options, stopping.signal, () => ready);
    app = next;
    for (const { service } of started) await unlessAborted(Promise.resolve(service.start?.()), stopping.signal);
    for (const { relay } of started) relay.start();
    ready = true;
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
  return { port: listening.port, url, stop };
}

/** Where the services of this process reach each other: an address that stands for all of them is left by loopback. */
const reachable = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;

async function startService(
  module: AnyServiceModule,
  env: Environment,
  app: Application,
  url: string,
  options: RunOptions,
  stopping: AbortSignal,
): Promise<Started> {
  const { name } = module;
  const own = options.allInOne
    ? Object.fromEntries(SERVICE_NAMES.map((service) => [`${service.toUpperCase()}_URL`, url]))
    : {};
  const shared = loadConfig(SharedConfig, { ...env, ...own }, name);
  const log =
    options.log ??
    createLogger({
      service: name,
      level: shared.LOG_LEVEL,
      ...(options.logFile === undefined ? {} : { file: options.logFile }),
    });
  const database = await openDatabase<PlatformSchema>(
    shared.DATABASE_URL === undefined
      ? { file: join(shared.DATA_DIR, `${name}.sqlite`) }
      : { url: shared.DATABASE_URL },
  );
  try {
    const migrations = migrationsOf(module);
    if (database.kind === 'sqlite') await migrate(database, migrations);
    else if (options.waitForDatabase === true) await untilMigrated(database, migrations, log, stopping);
    else await assertMigrated(database, migrations); // on MySQL the service's own user may not change its tables
    const keys =
      shared.SERVICE_TOKEN_PRIVATE_KEY !== undefined && shared.SERVICE_TOKEN_PUBLIC_KEY !== undefined
        ? { privateKey: shared.SERVICE_TOKEN_PRIVATE_KEY, publicKey: shared.SERVICE_TOKEN_PUBLIC_KEY }
        : keysIn(shared.DATA_DIR);
    const tokens = new ServiceTokens(name, keys);
    const clients = Object.fromEntries(
      SERVICE_NAMES.map((service) => [
        service,
        new ServiceClient(service, shared[`${service.toUpperCase() as Uppercase<ServiceName>}_URL`], tokens),
      ]),
    ) as Record<ServiceName, ServiceClient>;
    const register = createRegistry();
    const tracing = await openTracing({
      service: name,
      version: VERSION,
      endpoint: shared.OTEL_EXPORTER_OTLP_ENDPOINT,
      log,
    });
    const relay = new OutboxRelay({
      service: name,
      database,
      clients: { monitor: clients.monitor, history: clients.history },
      log,
      register,
    });
    const principals = options.principals ?? new RemotePrincipals(clients.auth);
    const requestLog = new RequestLog(database, log);
    const recorded = () => relay.wake();
    const service = await module.create(loadConfig(module.config, env, name), {
      shared,
      log,
      register,
      tracing,
      database,
      clients,
      principals,
      tokens,
      recorded,
      stopping,
    });
    const duration = new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Wall time of a request, in seconds',
      labelNames: ['service', 'method', 'route', 'status'] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
      registers: [register],
    });
    duration.zero({ service: name, method: 'GET', route: '/health', status: 200 });
    const limiter = new RateLimiterMemory({ points: shared.RATE_LIMIT_PER_MINUTE, duration: 60 });
    const idempotency = new IdempotencyKeys(database);
    const document = openApi(name, VERSION, service.routes);
    app.get(`/api/v1/${name}/openapi.json`, (_request, response) => void response.json(document)); // before a route such as /api/v1/history/:seq
    for (const route of service.routes)
      mountRoute(app, route, {
        service: name,
        principals: options.principals ?? service.principals ?? principals,
        tokens,
        idempotency,
        requestLog,
        limiter,
        duration,
        tracing,
        log,
        stopping,
        recorded,
      });
    return {
      name,
      service,
      database,
      register,
      relay,
      stop: async () => {
        await service.stop?.();
        await requestLog.stop();
        await relay.stop();
        await Promise.all(Object.values(clients).map((client) => client.close()));
        await tracing.stop();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

function finishApp(
  app: Application,
  started: readonly Started[],
  options: RunOptions,
  stopping: AbortSignal,
  ready: () => boolean,
): void {
  const processRegistry = processMetrics();
  const allInOne = options.allInOne === true;
  mountHealth(app, { version: VERSION, services: started, allInOne, started: ready, stopping });
  app.get('/metrics', (_request, response, next) => {
    renderMetrics([processRegistry, ...started.map(({ register }) => register)])
      .then((text) => response.type('text/plain; version=0.0.4; charset=utf-8').send(text))
      .catch(next);
  });
  mountApiDocs(
    app,
    started.map(({ name }) => name),
  );
  mountOtherMethods(
    app,
    started.flatMap(({ service }) => service.routes),
  );
  options.mount?.(app);
  app.use((request: Request, _response: Response, next: NextFunction) => {
    next(new AppError('not_found', 'no_such_path', `There is nothing at ${request.method} ${request.path}`));
  });
  app.use((thrown: unknown, request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(thrown);
    const { requestId } = requestContext(request);
    const error = asAppError(thrown);
    if (error.kind === 'internal') options.log?.error('a request failed', { error: thrown, requestId });
    response
      .status(problemOf(error, requestId).status)
      .type('application/problem+json')
      .send(JSON.stringify(problemOf(error, requestId)));
  });
}
