/**
 * Serves the built console, beside the services or in a process of its own. Hashed assets never change and are kept for a year; index.html is asked for
 * each time. A page's own path answers with index.html, an unknown path of an API does not.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import express, { type Application } from 'express';
import { AppError } from '../errors/app-error.js';

const API =
  /^\/(api|internal|deployer-api|history|monitor|aws-operation|create-codebuild-project|health|metrics)(\/|$)/;

export function mountConsole(app: Application, site: string): void {
  const index = join(site, 'index.html');
  app.use(
    '/assets',
    express.static(join(site, 'assets'), { immutable: true, maxAge: '365d', index: false, fallthrough: true }),
  );
  app.use(express.static(site, { index: false, maxAge: 0 }));
  app.get('/{*page}', (request, response, next) => {
    if (API.test(request.path) || request.path.startsWith('/assets/') || !request.accepts('html')) return next();
    if (!existsSync(index))
      return next(new AppError('unavailable', 'console_not_built', 'The console is not built: run npm run build'));
    response.set('cache-control', 'no-cache').sendFile(index);
  });
}
