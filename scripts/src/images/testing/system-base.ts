/**
 * The stand-in for a Debian base whose packages are installed: the base of this machine's Node, with this machine's git, ssh,
 * shell and strip, and the libraries that `ldd` names for them. What runs in the images is gathered from it as from any other.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PROGRAMS = ['git', 'ssh', 'dash', 'strip'];
const PACK = `set -eu
files=$(git --exec-path)/git-remote-http
for program; do files="$files $(command -v "$program")"; done
libraries=$(ldd $files | grep -oE '/[^ :]+ \\(0x' | cut -d' ' -f1 | sort -u)
mkdir "$0/root"
tar -chPf "$0/root.tar" $files $libraries
tar -xf "$0/root.tar" -C "$0/root"
rm "$0/root.tar"
printf 'FROM %s\\nCOPY root /\\n' "$BASE" >"$0/Dockerfile"`;

/** Whether this machine has the programs. */
export const hasSystemPrograms = (): Promise<boolean> =>
  run('sh', ['-c', 'for name; do command -v "$name" || exit 1; done', 'sh', ...PROGRAMS]).then(
    () => true,
    () => false, // the exit code is the answer
  );

/** `env`: of the docker command. */
export async function buildSystemBase(base: string, tag: string, env: NodeJS.ProcessEnv): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-system-base-'));
  try {
    await run('sh', ['-c', PACK, folder, ...PROGRAMS], { env: { ...env, BASE: base } });
    await run('docker', ['build', '--tag', tag, folder], { env });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
