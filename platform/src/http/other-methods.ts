import type { Application, NextFunction, Request, Response } from 'express';
import { AppError } from '../errors/app-error.js';
import type { Route } from './define-route.js';

/** Tells of a path that is there under other methods: 405 with `Allow`. Mounted after the routes themselves. */
export function mountOtherMethods(app: Application, routes: readonly Route[]): void {
  const methods = new Map<string, Set<string>>();
  for (const { method, path } of routes) {
    const of = methods.get(path) ?? new Set();
    methods.set(path, of.add(method.toUpperCase()));
    if (method === 'get') of.add('HEAD');
  }
  for (const [path, known] of methods) {
    const allow = [...known].join(', ');
    app.all(path, (request: Request, response: Response, next: NextFunction) => {
      response.set('allow', allow);
      if (request.method === 'OPTIONS') response.status(204).end();
      else next(new AppError('wrong_method', 'wrong_method', `${request.path} takes ${allow}, not ${request.method}`));
    });
  }
}
