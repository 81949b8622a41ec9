/**
 * Kills the deployer while it deploys, again and again, and then looks whether anything was lost. CHAOS_FOLDER is an empty folder
 * of this run, TEST_MYSQL_URL a MariaDB of its own. Exit code 0: nothing was lost; 1: something was, or a
 * transition that was promised was never killed at; 2: wrong usage.
 */
import { ChaosApi } from './api.js';
import { askedRollouts } from './checks/asked-rollouts.js';
import { checkBooks } from './checks/books.js';
import { checkCluster } from './checks/cluster.js';
import { checkLeftovers } from './checks/leftovers.js';
import { checkRecords, checkTampered, statesOf } from './checks/records.js';
import type { Loss } from './checks/loss.js';
import { pause } from './child-process.js';
import { Killer, promisesAll, unkilled } from './killer.js';
import { Random } from './random.js';
import { Rollouts } from './rollouts.js';
import { Samples } from './samples.js';
import { readSettings, type ChaosSettings } from './settings.js';
import { lateTakeovers, printSummary } from './summary.js';
import { startSurroundings, type Surroundings } from './surroundings.js';
import { Tail } from './tail.js';
import { ALL_TRANSITIONS } from './transitions.js';
import { Traffic } from './traffic.js';

const SETTLED_MS = 30_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const mysqlUrl = process.env['TEST_MYSQL_URL'];
const folder = process.env['CHAOS_FOLDER'];
if (folder === undefined) throw new Error('CHAOS_FOLDER is not set: npm run chaos sets it');

let settings: ChaosSettings;
try {
  settings = readSettings(process.argv.slice(2), mysqlUrl);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}
const { seed, kills, replicas, database, outages } = settings;
say(
  `chaos: ${kills} kills, seed ${seed}, ${replicas} ${replicas === 1 ? 'deployer' : 'deployers'} on ${database}${outages ? ', with outages' : ''}`,
);
say(
  promisesAll(kills)
    ? `promised: a kill at each of the ${ALL_TRANSITIONS.length} transitions`
    : `too few kills to promise one at each of the ${ALL_TRANSITIONS.length} transitions`,
);
const began = Date.now();
const surroundings = await startSurroundings(settings, folder, mysqlUrl);
try {
  process.exitCode = (await run(surroundings, folder)) ? 0 : 1;
} finally {
  await surroundings.stop();
}

async function run(parts: Surroundings, into: string): Promise<boolean> {
  const api = await ChaosApi.signIn(parts.booksUrl, parts.replicas);
  const tail = new Tail(parts.database);
  const rollouts = new Rollouts(parts.clusterUrl);
  const killer = new Killer({
    surroundings: parts,
    tail,
    random: new Random(seed),
    outages,
    say,
  });
  const traffic = new Traffic({
    api,
    tail,
    samples: new Samples(into),
    random: new Random(seed + 1),
    clusterUrl: parts.clusterUrl,
    wanted: () => killer.missing(),
  });
  tail.start();
  rollouts.start();
  traffic.start();
  await killer.run(kills);
  say('no more kills: waiting for the deployments under way');
  const unanswered = await traffic.stop();
  const losses = await settled(() => everyCheck(parts, api, traffic, rollouts));
  await Promise.all([tail.stop(), rollouts.stop()]);
  const all = [...unanswered, ...losses, ...lateTakeovers(killer.kills), ...unkilled(killer, kills)];
  const states = await statesOf(parts.database);
  printSummary({ seconds: (Date.now() - began) / 1000, seed, kills: killer.kills, states, losses: all }, say);
  return all.length === 0;
}

async function everyCheck(
  parts: Surroundings,
  api: ChaosApi,
  { asked, tampered }: Pick<Traffic, 'asked' | 'tampered'>,
  rollouts: Rollouts,
): Promise<Loss[]> {
  const states = await statesOf(parts.database);
  return [
    ...(await checkRecords(parts.database, asked, states)),
    ...checkTampered(tampered, states),
    ...(await checkBooks(api, parts.database, states)),
    ...(await checkCluster(parts.clusterUrl, parts.database, asked)),
    ...rollouts.losses(await askedRollouts(parts.database, states)),
    ...(await checkLeftovers(parts)),
  ];
}

/** Pods that end take their time, and so do folders: what is lost stays lost. */
async function settled(check: () => Promise<Loss[]>): Promise<Loss[]> {
  const limit = Date.now() + SETTLED_MS;
  for (;;) {
    const losses = await check();
    if (losses.length === 0 || Date.now() > limit) return losses;
    await pause(1_000);
  }
}
