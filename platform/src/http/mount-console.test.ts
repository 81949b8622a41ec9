import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type NextFunction, type Request, type Response } from 'express';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mountConsole } from './mount-console.js';

let site: string;
let server: Server;
let url: string;
beforeEach(async () => {
  site = mkdtempSync(join(tmpdir(), 'aws-deployer-console-'));
  mkdirSync(join(site, 'assets'));
  writeFileSync(join(site, 'index.html'), '<title>console</title>');
  writeFileSync(join(site, 'assets', 'app-1a2b.js'), 'export {}');
  const app = express();
  mountConsole(app, site);
  app.use((_request, response) => void response.status(404).json({ code: 'no_such_path' }));
  app.use((error: Error & { code: string }, _request: Request, response: Response, _next: NextFunction) => {
    response.status(503).json({ code: error.code });
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(site, { recursive: true, force: true });
});
const page = { headers: { accept: 'text/html' } };

test.each(['/', '/deployments/1', '/applications/shop'])('%s is the console, asked for each time', async (path) => {
  const answer = await fetch(`${url}${path}`, page);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  expect(await answer.text()).toContain('console');
});

test('hashed assets are kept for good; one that is gone is not the page', async () => {
  const asset = await fetch(`${url}/assets/app-1a2b.js`);
  expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
  expect((await fetch(`${url}/assets/app-old.js`, page)).status).toBe(404);
});

test.each(['/api/v1/nothing', '/history/nothing', '/deployer-api/nothing'])('%s is no page', async (path) => {
  expect((await fetch(`${url}${path}`, page)).status).toBe(404);
});

test('a console that is not built says so', async () => {
  rmSync(join(site, 'index.html'));
  const answer = await fetch(`${url}/`, page);
  expect([answer.status, await answer.json()]).toEqual([503, { code: 'console_not_built' }]);
});
