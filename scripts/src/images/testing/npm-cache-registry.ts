/**
 * A package registry on loopback for image builds on machines that reach no other: it knows the packages of
 * package-lock.json and hands out what npm kept in its cache when it installed this checkout. npm verifies every package
 * against the lock's checksum, as with any registry. What the cache has lost is asked of the registry that npm uses here.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { serveOnLoopback, type LoopbackServer } from './loopback-server.js';

interface Locked {
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
}
const PORT = 23_487;

export async function startNpmCacheRegistry(root: string): Promise<LoopbackServer> {
  const [cache, upstream] = await Promise.all(['cache', 'registry'].map((key) => npmSetting(root, key)));
  const packages = lockedPackages(root);
  return serveOnLoopback(PORT, (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname).slice(1);
    const [name = '', version] = path.split('/-/');
    const versions = packages.get(name);
    if (versions === undefined) return void response.writeHead(404).end(`${name} is not in the lock file`);
    if (version === undefined)
      return void response.end(JSON.stringify(document(name, versions, request.headers.host ?? '')));
    tarball(name, version, versions.get(version) ?? '', cache ?? '', upstream ?? '').then(
      (bytes) => response.end(bytes),
      (error: unknown) => response.writeHead(404).end(String(error)),
    );
  });
}

const npmSetting = async (root: string, key: string): Promise<string> =>
  (await promisify(execFile)('npm', ['config', 'get', key], { cwd: root })).stdout.trim();

/** By name, then by version: the checksum. */
function lockedPackages(root: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const found = new Map<string, Map<string, string>>();
  for (const [path, { name = path.split('node_modules/').at(-1) ?? '', version, integrity }] of Object.entries(
    lock.packages,
  )) {
    if (version === undefined || integrity === undefined) continue;
    found.set(name, (found.get(name) ?? new Map<string, string>()).set(version, integrity));
  }
  return found;
}

const document = (name: string, versions: ReadonlyMap<string, string>, host: string) => ({
  name,
  'dist-tags': { latest: [...versions.keys()][0] },
  versions: Object.fromEntries(
    [...versions].map(([version, integrity]) => [
      version,
      { name, version, dist: { integrity, tarball: `http://${host}/${name}/-/${version}` } },
    ]),
  ),
});

async function tarball(name: string, version: string, integrity: string, cache: string, upstream: string) {
  const [algorithm = '', sum = ''] = integrity.split('-');
  const hex = Buffer.from(sum, 'base64').toString('hex');
  const kept = join(cache, '_cacache/content-v2', algorithm, hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
  if (existsSync(kept)) return readFile(kept);
  const answer = await fetch(new URL(`${name}/-/${name.split('/').at(-1) ?? ''}-${version}.tgz`, upstream));
  if (!answer.ok)
    throw new Error(`${name}@${version} is not in npm's cache ${cache}, and ${upstream} has it not either`);
  return Buffer.from(await answer.arrayBuffer());
}
