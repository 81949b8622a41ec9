/** An engine that is stopped ends its containers first: what it says of the build then is not the build’s fault. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { DockerImageBuilder } from './docker-image-builder.js';

/**
 * Answers as an engine does, a build with this exit code. An engine that stops closes its door first: who comes anew is refused,
 * who is connected is served until its containers have ended, for up to ten seconds. `staying`: it does not stop.
 */
async function engineThatEnds(exitCode: number, staying: boolean): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      if (!request.url?.includes('/build?')) return void response.writeHead(200).end('{"Version":"20.10.24"}');
      if (!staying) server.close();
      const error = `The command '/bin/sh -c make' returned a non-zero code: ${String(exitCode)}`;
      response.writeHead(200).end(`${JSON.stringify({ error })}\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const stopping = { staying: false, expected: { kind: 'unavailable', code: 'builder_unreachable' } };
const wrong = { staying: true, expected: { kind: 'invalid', code: 'build_failed' } };

test.each([
  { exitCode: 137, ...stopping },
  { exitCode: 137, ...wrong },
  // A program that heeds SIGTERM ends as it likes.
  { exitCode: 143, ...stopping },
  { exitCode: 1, ...stopping },
  { exitCode: 1, ...wrong },
])('a line that ended with $exitCode, the engine stays: $staying', async ({ exitCode, staying, expected }) => {
  const folder = await mkdtemp(join(tmpdir(), 'engine-restart-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nRUN make\n');
  const builder = new DockerImageBuilder({
    env: { DOCKER_HOST: await engineThatEnds(exitCode, staying) },
    localMode: true,
  });
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
