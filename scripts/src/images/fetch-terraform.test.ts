/** What is put into the image of infra-oneclick is the program of the checksum, or nothing. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { serveOnLoopback } from './testing/loopback-server.js';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const machine = process.arch === 'x64' ? 'amd64' : process.arch;
const PROGRAM = `#!/bin/sh\n${'echo terraform\n'.repeat(100)}`;

async function fetched(checksumOf: (archive: Buffer) => string, name = 'terraform') {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-fetch-terraform-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [file, text] of [
    ['LICENSE.txt', 'a licence'],
    [name, PROGRAM],
  ] as const)
    writeFileSync(join(folder, file), text);
  execFileSync('/usr/bin/python3', ['-m', 'zipfile', '-c', 'release.zip', 'LICENSE.txt', name], { cwd: folder });
  const archive = readFileSync(join(folder, 'release.zip'));
  const server = await serveOnLoopback(0, (request, response) => {
    if (request.url === `/1.2.3/terraform_1.2.3_linux_${machine}.zip`) response.end(archive);
    else response.writeHead(404).end();
  });
  onTestFinished(() => server.stop());
  const out = join(folder, 'opt/terraform');
  const ended = promisify(execFile)(process.execPath, [join(root, 'scripts/fetch-terraform.mjs'), out], {
    env: {
      TERRAFORM_VERSION: '1.2.3',
      TERRAFORM_RELEASES: server.url.replace(/\/$/, ''),
      [`TERRAFORM_SHA256_${machine.toUpperCase()}`]: checksumOf(archive),
    },
  });
  return { program: join(out, 'terraform'), ended };
}
const checksum = (archive: Buffer): string => createHash('sha256').update(archive).digest('hex');

test('the program of a release is unpacked, runs, and has no time of its own', async () => {
  const { program, ended } = await fetched(checksum);
  await ended;
  expect(readFileSync(program, 'utf8')).toBe(PROGRAM);
  expect(statSync(program)).toMatchObject({ mtimeMs: 0, mode: 0o100_755 });
  expect(execFileSync(program, { encoding: 'utf8' })).toContain('terraform');
});

test('an archive of another checksum is refused, and nothing of it is left', async () => {
  const { program, ended } = await fetched(() => '0'.repeat(64));
  await expect(ended).rejects.toThrow(/has the checksum [0-9a-f]{64}, not 0{64}/);
  expect(existsSync(program)).toBe(false);
});

test('an archive without the program is refused', async () => {
  const { program, ended } = await fetched(checksum, 'opentofu');
  await expect(ended).rejects.toThrow(/holds no terraform/);
  expect(existsSync(program)).toBe(false);
});
