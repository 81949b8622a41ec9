import { join } from 'node:path';
import { migrate } from '../database/migrate.js';
import { openDatabase } from '../database/open-database.js';
import { messageOf } from '../errors/app-error.js';
import { OWN_PORT, type Environment } from './config.js';
import { migrationsOf, runServices, type Running } from './run-services.js';
import type { AnyServiceModule } from './service.js';

/**
 * A service as a process of its own: `node main.js` serves, `node main.js migrate` brings the schema up to date with
 * `MIGRATION_DATABASE_URL` and ends. SIGTERM and SIGINT end it cleanly. What keeps it from starting is one line and exit 1.
 */
export async function main(module: AnyServiceModule, env: Environment, command: string | undefined): Promise<void> {
  await run(module, env, command).catch((error: unknown) => {
    process.stderr.write(`${module.name} does not start: ${messageOf(error)}\n`);
    process.exit(1);
  });
}

async function run(module: AnyServiceModule, env: Environment, command: string | undefined): Promise<void> {
  if (command === 'migrate') return migrateSchema(module, env);
  const mode = env['MODE'] ?? 'production';
  const running = await runServices({
    port: Number(env['PORT'] ?? OWN_PORT[module.name]),
    host: env['HOST'] ?? (mode === 'local' ? '127.0.0.1' : '0.0.0.0'),
    services: [{ module, env }],
  });
  stopOnSignal(running);
}

/** Brings one service's schema up to date and ends. Throws when there is no database to do it on. */
export async function migrateSchema(module: AnyServiceModule, env: Environment): Promise<void> {
  const url = env['MIGRATION_DATABASE_URL'];
  const database = await openDatabase(
    url === undefined ? { file: join(env['DATA_DIR'] ?? '.data', `${module.name}.sqlite`) } : { url },
  );
  try {
    await migrate(database, migrationsOf(module));
  } finally {
    await database.close();
  }
}

/** The first SIGTERM or SIGINT stops in order, within five seconds; a second one at once. */
export function stopOnSignal(running: Pick<Running, 'stop'>): void {
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(1);
    asked = true;
    const limit = setTimeout(() => process.exit(1), 5_000);
    running
      .stop()
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        process.stderr.write(`did not stop cleanly: ${messageOf(error)}\n`);
        process.exit(1);
      })
      .finally(() => clearTimeout(limit));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
