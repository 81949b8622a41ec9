/**
 * This machine's Terraform as a release on loopback, for image builds on machines that reach no other: an archive of the
 * official layout. Its checksum is its own, for the archive is made here; the program inside is the one of the machine.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serveOnLoopback, type LoopbackServer } from './loopback-server.js';

const run = promisify(execFile);
const PORT = 23_488;
/** Quick: it is unpacked at once. */
const PACK = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
    archive.write(sys.argv[2], 'terraform')`;

export interface TerraformRelease extends LoopbackServer {
  /** Build arguments of the Dockerfile of infra-oneclick. */
  readonly args: Readonly<Record<string, string>>;
}

/** Undefined: there is no terraform in the PATH. */
export async function terraformProgram(): Promise<string | undefined> {
  const found = await run('sh', ['-c', 'command -v terraform']).catch(() => undefined);
  return found?.stdout.trim();
}

export async function startTerraformRelease(program: string): Promise<TerraformRelease> {
  const { terraform_version: version } = JSON.parse((await run(program, ['version', '-json'])).stdout) as {
    terraform_version: string;
  };
  const archive = await packed(program);
  const machine = process.arch === 'x64' ? 'amd64' : process.arch;
  const server = await serveOnLoopback(PORT, (request, response) => {
    if (request.url === `/${version}/terraform_${version}_linux_${machine}.zip`) response.end(archive);
    else response.writeHead(404).end();
  });
  return {
    ...server,
    args: {
      TERRAFORM_VERSION: version,
      TERRAFORM_RELEASES: server.url.replace(/\/$/, ''),
      [`TERRAFORM_SHA256_${machine.toUpperCase()}`]: createHash('sha256').update(archive).digest('hex'),
    },
  };
}

async function packed(program: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-terraform-release-'));
  try {
    const file = join(folder, 'terraform.zip');
    await run('/usr/bin/python3', ['-c', PACK, file, program]);
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
