/** Three of the platform's services in one process, which answer for the pretended pods of all: real health, real figures. */
import { randomBytes } from 'node:crypto';
import { authModule } from '@aws-deployer/auth-service/service';
import { history } from '@aws-deployer/history-service/service';
import { monitor } from '@aws-deployer/monitor-service/service';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';

/** They know each other by the keys that lie in `dataDir`. */
export async function startAnsweringServices(dataDir: string): Promise<{ port: number; stop: () => Promise<void> }> {
  const services = [authModule(() => undefined), history, monitor].map((module) => ({
    module,
    env: { MODE: 'local', ADMIN_PASSWORD: randomBytes(12).toString('hex'), DATA_DIR: dataDir },
  }));
  const running = await runServices({ port: 0, host: '127.0.0.1', services, allInOne: true, log: silentLogger });
  return { port: running.port, stop: () => running.stop() };
}
