import { join } from 'node:path';
import { messageOf } from '../errors/app-error.js';
import type { Environment } from './config.js';
import { endProcess } from './end-process.js';
import type { AnyServiceModule } from './service.js';
import { stopOnSignal } from './stop-on-signal.js';

/**
 * A service as a process of its own: `node main.js` serves, `node main.js migrate` brings the schema up to date with
 * `MIGRATION_DATABASE_URL` and ends. SIGTERM and SIGINT end it cleanly at any moment, also while it starts: so signals are
 * heeded before anything heavy is loaded, all of which is imported on the way. What keeps it from starting is one line and exit 1; a database that is away or not
 * migrated yet is waited for in production.
 */
export async function main(
  load: () => Promise<AnyServiceModule>,
  env: Environment,
  command: string | undefined,
): Promise<void> {
  await (command === 'migrate' ? migrateOnly(load, env) : serve(load, env)).catch((error: unknown) => {
    process.stderr.write(`the service does not start: ${messageOf(error)}\n`);
    endProcess(1);
  });
}

async function serve(load: () => Promise<AnyServiceModule>, env: Environment): Promise<void> {
  const starting = new AbortController();
  const running = start(load, env, starting.signal);
  stopOnSignal(async () => {
    starting.abort();
    const started = await running.catch(() => undefined); // given up, or told by the caller
    await started?.stop();
  });
  await running.catch((error: unknown) => {
    if (!starting.signal.aborted) throw error;
  });
}

async function start(load: () => Promise<AnyServiceModule>, env: Environment, signal: AbortSignal) {
  const [module, { runServices }, { OWN_PORT }] = await Promise.all([
    load(),
    import('./run-services.js'),
    import('./config.js'),
  ]);
  const mode = env['MODE'] ?? 'production';
  return runServices({
    port: Number(env['PORT'] ?? OWN_PORT[module.name]),
    host: env['HOST'] ?? (mode === 'local' ? '127.0.0.1' : '0.0.0.0'),
    services: [{ module, env }],
    waitForDatabase: mode !== 'local',
    signal,
  });
}

/** A migration that is broken off has not succeeded: the Job runs it again. */
async function migrateOnly(load: () => Promise<AnyServiceModule>, env: Environment): Promise<void> {
  for (const [signal, number] of [
    ['SIGTERM', 15],
    ['SIGINT', 2],
  ] as const)
    process.once(signal, () => endProcess(128 + number));
  await migrateSchema(await load(), env);
}

/** Brings one service's schema up to date and ends. Throws when there is no database to do it on. */
export async function migrateSchema(module: AnyServiceModule, env: Environment): Promise<void> {
  const [{ migrate }, { openDatabase }, { migrationsOf }] = await Promise.all([
    import('../database/migrate.js'),
    import('../database/open-database.js'),
    import('./run-services.js'),
  ]);
  const url = env['MIGRATION_DATABASE_URL'];
  const database = await openDatabase(
    url === undefined ? { file: join(env['DATA_DIR'] ?? '.data', `${module.name}.sqlite`) } : { url },
    { silenceMs: 0 }, // a large table takes as long as it takes
  );
  try {
    await migrate(database, migrationsOf(module));
  } finally {
    await database.close();
  }
}
