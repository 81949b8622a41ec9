/** Nothing stays behind on this machine: no folder of a deployment, no scratch folder of a build, no process of one. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from '../child-process.js';
import type { Surroundings } from '../surroundings.js';
import type { Loss } from './loss.js';

const GONE_MS = 20_000;

export async function checkLeftovers({ folder, replicas }: Surroundings): Promise<Loss[]> {
  const limit = Date.now() + GONE_MS;
  for (;;) {
    const losses = replicas.flatMap(({ number, pid }) => leftOf(join(folder, `deployer-${number}`), pid));
    if (losses.length === 0 || Date.now() > limit) return losses;
    await pause(500);
  }
}

function leftOf(dataDir: string, ownPid: number): Loss[] {
  const work = join(dataDir, 'work');
  const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : []);
  const folders = [
    ...names(work).filter((name) => name !== 'builds'),
    ...names(join(work, 'builds')).map((name) => join('builds', name)),
  ];
  return [
    ...folders.map((name) => ({ subject: dataDir, what: `the folder work/${name} is left` })),
    ...processesIn(dataDir)
      .filter(({ pid }) => pid !== ownPid)
      .map(({ pid, command }) => ({ subject: dataDir, what: `process ${pid} is left: ${command}` })),
  ];
}

/** Processes that work in this folder, or were started with something in it. */
function processesIn(folder: string): { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        const places = [readlinkSync(`/proc/${name}/cwd`), readlinkSync(`/proc/${name}/root`), command];
        return places.some((place) => place.includes(folder)) ? [{ pid: Number(name), command }] : [];
      } catch {
        return []; // it has just ended
      }
    });
}
