/**
 * What the log benchmark loads: `monitor`, monitor-service alone, or `baseline`, the same Express app with the same route, checks
 * and answer that writes nothing. Anyone is let in as one developer, so that neither asks auth-service.
 * Arguments: which one, the port. Environment: DATA_DIR, DATABASE_URL (migrated here).
 */
import { permissionsOf } from '@aws-deployer/platform/auth/permissions';
import type { PrincipalResolver } from '@aws-deployer/platform/auth/principal-resolver';
import { MonitorLogBody, MonitorLogView } from '@aws-deployer/platform/contracts/activity';
import { newId } from '@aws-deployer/platform/database/ids';
import { defineRoute } from '@aws-deployer/platform/http/define-route';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { migrateSchema } from '@aws-deployer/platform/runtime/main';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import { serviceModule, type AnyServiceModule } from '@aws-deployer/platform/runtime/service';
import { z } from 'zod';
import { stopOnSignal } from '@aws-deployer/platform/runtime/stop-on-signal';

const baseline = serviceModule({
  name: 'monitor',
  config: z.object({}),
  migrations: {},
  create: () => ({
    routes: [
      defineRoute({
        method: 'post',
        path: '/monitor/log',
        operationId: 'logActivity',
        summary: 'Writes nothing',
        access: 'activity:write',
        idempotent: true,
        body: MonitorLogBody,
        bodyLimit: 5_000_000,
        responses: { 201: MonitorLogView },
        handler: async ({ body }) => {
          const ids = (Array.isArray(body) ? body : [body]).map(() => newId());
          return { status: 201, body: { success: true, accepted: ids.length, duplicates: 0, ids } };
        },
      }),
    ],
  }),
});

const anyone: PrincipalResolver = {
  resolve: async () => ({
    kind: 'token',
    userId: '00000000-0000-7000-8000-000000000001',
    username: 'bench',
    roles: ['admin'],
    permissions: permissionsOf(['admin']),
    tokenId: null,
    csrfToken: null,
  }),
  forget: () => undefined,
};

const [which, port] = process.argv.slice(2);
const module: AnyServiceModule =
  which === 'monitor' ? (await import('@aws-deployer/monitor-service/service')).monitor : baseline;
const env = { ...process.env, MODE: 'local', RATE_LIMIT_PER_MINUTE: '1000000000' };
const { DATABASE_URL } = process.env;
if (DATABASE_URL !== undefined) await migrateSchema(module, { MIGRATION_DATABASE_URL: DATABASE_URL });
const running = await runServices({
  port: Number(port),
  host: '127.0.0.1',
  services: [{ module, env }],
  allInOne: true,
  principals: anyone,
  log: silentLogger,
});
stopOnSignal(() => running.stop());
process.stdout.write('ready\n');
