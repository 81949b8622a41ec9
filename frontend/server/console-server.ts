/**
 * The console without a service beside it: its own pod behind the ingress, which sends the APIs elsewhere. Health, metrics,
 * security headers and problem pages are those of every service.
 *
 * Throws an AppError unavailable/`console_not_built` at once, so that a broken image is seen at its start and not by a
 * reader, and unavailable/`port_taken`.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { mountConsole } from '@aws-deployer/platform/http/mount-console';
import type { Environment } from '@aws-deployer/platform/runtime/config';
import { runServices, type Running } from '@aws-deployer/platform/runtime/run-services';

const PORT = 8080;

/** `site` is the folder with the built index.html. Reads PORT (8080) and HOST (all addresses). */
export async function startConsole(site: string, env: Environment): Promise<Running> {
  if (!existsSync(join(site, 'index.html')))
    throw new AppError('unavailable', 'console_not_built', `There is no console in ${site}: run npm run build`);
  return runServices({
    port: Number(env['PORT'] || PORT),
    host: env['HOST'] || '0.0.0.0',
    services: [],
    mount: (app) => mountConsole(app, site),
  });
}
