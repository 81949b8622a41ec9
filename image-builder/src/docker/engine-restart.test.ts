/** An engine that is stopped ends its containers first: what it says of the build then is not the build’s fault. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DockerImageBuilder } from './docker-image-builder.js';

/** Answers as an engine does, a build with exit code 137; `staying`: it is there afterwards. */
async function engineThatKills(staying: boolean): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      if (!request.url?.includes('/build?')) return void response.writeHead(200).end('{}');
      const error = "The command '/bin/sh -c make' returned a non-zero code: 137";
      response.writeHead(200, { connection: 'close' }).end(`${JSON.stringify({ error })}\n`);
      if (!staying) server.close();
    });
  }).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 1;
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.each([
  { staying: false, expected: { kind: 'unavailable', code: 'builder_unreachable' } },
  { staying: true, expected: { kind: 'invalid', code: 'build_failed' } },
])('a line ended by SIGKILL, the engine stays: $staying', async ({ staying, expected }) => {
  const folder = await mkdtemp(join(tmpdir(), 'engine-restart-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nRUN make\n');
  const builder = new DockerImageBuilder({ env: { DOCKER_HOST: await engineThatKills(staying) }, localMode: true });
  const build = builder.build(
    {
      key: 'key',
      application: 'shop',
      contextDir: folder,
      dockerfile: join(folder, 'Dockerfile'),
      buildArgs: {},
      labels: {},
      repository: '127.0.0.1:1/shop',
      tag: '1',
      registry: { host: '127.0.0.1:1', insecure: true },
      onLine: () => undefined,
    },
    AbortSignal.timeout(10_000),
  );
  await expect(build).rejects.toMatchObject(expected);
});
