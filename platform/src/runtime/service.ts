import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { PrincipalResolver } from '../auth/principal-resolver.js';
import type { ServiceTokens } from '../auth/service-token.js';
import type { Migrations } from '../database/migrate.js';
import type { Database } from '../database/open-database.js';
import type { Route } from '../http/define-route.js';
import type { IdempotencySchema } from '../http/idempotency.js';
import type { ServiceClient } from '../http-client/service-client.js';
import type { Logger } from '../observability/logger.js';
import type { OutboxSchema } from '../outbox/outbox.js';
import type { Tracing } from '../observability/tracing.js';
import type { ServiceName, SharedConfig } from './config.js';

/** The tables that every service has beside its own. */
export type PlatformSchema = OutboxSchema & IdempotencySchema;

/** What every service is handed; it makes nothing of this itself. */
export interface Runtime<Schema extends PlatformSchema = PlatformSchema> {
  readonly shared: SharedConfig;
  readonly log: Logger;
  readonly register: Registry;
  readonly tracing: Tracing;
  readonly database: Database<Schema>;
  readonly clients: Readonly<Record<ServiceName, ServiceClient>>;
  readonly principals: PrincipalResolver;
  readonly tokens: ServiceTokens;
  /** Call after a transaction outside a request that recorded actions, so that they are relayed at once. */
  readonly recorded: () => void;
  /** Aborted when the service begins to stop. */
  readonly stopping: AbortSignal;
}

/** One service, composed: `stop` undoes `start` in reverse order. */
export interface Service {
  readonly routes: readonly Route[];
  /** Who is who on this service's own routes; absent: auth-service is asked. Only auth-service has one. */
  readonly principals?: PrincipalResolver;
  /** Beyond the database: throws AppError unavailable when the service cannot do its work. */
  ready?(): Promise<void>;
  start?(): Promise<void>;
  stop?(): Promise<void>;
}

/** What `main.ts` and `npm start` run. `config` is the service's own part of the environment. */
export interface ServiceModule<Schema extends PlatformSchema = PlatformSchema, Config extends z.ZodType = z.ZodType> {
  readonly name: ServiceName;
  readonly config: Config;
  readonly migrations: Migrations;
  /** Tables on which the service's MySQL user may insert and select only. */
  readonly appendOnlyTables?: readonly string[];
  create(config: z.output<Config>, runtime: Runtime<Schema>): Service | Promise<Service>;
}

/** A module whose types are checked at its definition and forgotten in a list. */
export type AnyServiceModule = ServiceModule<PlatformSchema, z.ZodType>;
export function serviceModule<Schema extends PlatformSchema, Config extends z.ZodType>(
  module: ServiceModule<Schema, Config>,
): AnyServiceModule {
  return module as unknown as AnyServiceModule;
}
