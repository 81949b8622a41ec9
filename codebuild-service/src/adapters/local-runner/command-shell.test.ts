import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CommandShell } from './command-shell.js';
import { DockerDoor } from './docker-program/docker-door.js';
import { HostWorkplace } from './host-workplace.js';

async function openShell(program = '/bin/sh') {
  const folder = await mkdtemp(join(tmpdir(), 'local-runner-shell-'));
  const env = { PATH: process.env['PATH'] ?? '' };
  const docker = await DockerDoor.open({ folder: join(folder, 'docker'), env, owner: 'test', say: () => undefined });
  const place = await HostWorkplace.open({ folder, mark: folder, env, docker });
  onTestFinished(async () => {
    await place.close();
    await rm(folder, { recursive: true, force: true });
  });
  const lines: string[] = [];
  const shell = new CommandShell({
    open: () => place.openShell({ shell: program, user: null, env: place.env }),
    stateFile: join(place.folders.temporary, 'state'),
    startFolder: place.folders.source,
    onLine: (stream, text) => lines.push(`${stream}: ${text}`),
    pressure: () => undefined,
  });
  /** Exit codes of the commands, and what they printed. */
  const run = async (...commands: string[]) => {
    const codes: number[] = [];
    for (const command of commands) codes.push((await shell.run(command)).exitCode);
    return { codes, lines: lines.splice(0) };
  };
  return { shell, run, place };
}
const SHELLS = ['/bin/sh', 'bash'];

test.each(SHELLS)('what a command sets, the next one has (%s)', async (program) => {
  const { run } = await openShell(program);
  const said = await run(
    'A=1; export B=2; say() { echo "said $1"; }',
    'mkdir deep && cd deep',
    'echo $A $B; say it; basename "$PWD"',
    'for i in 1 2; do\n  echo "round $i"\ndone',
  );
  expect(said).toEqual({
    codes: [0, 0, 0, 0],
    lines: ['stdout: 1 2', 'stdout: said it', 'stdout: deep', 'stdout: round 1', 'stdout: round 2'],
  });
});

test.each(SHELLS)(
  'a command that ends the shell fails with its code, and the next one goes on from there (%s)',
  async (program) => {
    const { run } = await openShell(program);
    const said = await run(
      'export KEPT=\'it is\na "test"\'; mkdir in && cd in; exit 7',
      'echo "$KEPT"; basename "$PWD"',
      'set -e; false; echo never',
      'false; echo on',
      'kill -9 $$',
      'echo "$KEPT" | head -1',
    );
    expect(said.codes).toEqual([7, 0, 1, 0, 137, 0]);
    expect(said.lines).toEqual(['stdout: it is', 'stdout: a "test"', 'stdout: in', 'stdout: on', 'stdout: it is']);
  },
);

test.each(SHELLS)('a command that cannot be parsed fails alone (%s)', async (program) => {
  const { run } = await openShell(program);
  const { codes, lines } = await run('echo "unfinished', 'if then', 'echo fine');
  expect(codes.map((code) => code === 0)).toEqual([false, false, true]);
  expect(lines.at(-1)).toBe('stdout: fine');
});

test('both streams belong to their command, also without a line feed, and commands read nothing', async () => {
  const { run, shell } = await openShell();
  const said = await run(
    'printf out; printf err >&2',
    'cat; read x; echo "[$x]"',
    'set -x; true',
    'set +x; exec 2>/dev/null; ls /nowhere',
  );
  expect(said.codes).toEqual([0, 0, 0, 2]);
  expect(said.lines.filter((line) => line.startsWith('stdout'))).toEqual(['stdout: out', 'stdout: []']);
  expect(said.lines.filter((line) => line.startsWith('stderr') && !line.includes('+'))).toEqual(['stderr: err']);
  expect(said.lines.join('\n')).not.toMatch(/AWS_DEPLOYER_STATUS|\d:c:/);
  const failed = await shell.run('seq 1 30; exit 4');
  expect(failed).toMatchObject({ exitCode: 4 });
  expect(failed.lastLines).toHaveLength(20);
  expect(failed.lastLines.at(-1)).toBe('30');
});

test('a background process keeps no command waiting', async () => {
  const { run } = await openShell();
  const begun = Date.now();
  expect(await run('sleep 60 &', 'echo next', 'exit 1', 'echo after')).toEqual({
    codes: [0, 0, 1, 0],
    lines: ['stdout: next', 'stdout: after'],
  });
  expect(Date.now() - begun).toBeLessThan(5_000);
});

test('values of variables are read as they are, and set ones are seen', async () => {
  const { shell, run } = await openShell();
  await shell.export('GIVEN', "it's");
  await run('PLAIN=1; export MANY="a\nb=c"; EMPTY=');
  expect(await shell.values(['GIVEN', 'PLAIN', 'MANY', 'EMPTY', 'MISSING'])).toEqual({
    GIVEN: "it's",
    PLAIN: '1',
    MANY: 'a\nb=c',
    EMPTY: '',
  });
  expect(await shell.values([])).toEqual({});
});

test('closing the place ends everything, also what left the process group', async () => {
  const { run, place } = await openShell();
  const { lines } = await run('setsid sh -c "echo \\$\\$; exec sleep 100" & sleep 0.2; sleep 100 & echo $!');
  const pids = lines.map((line) => Number(line.replace('stdout: ', '')));
  expect(pids).toHaveLength(2);
  for (const pid of pids) expect(await alive(pid)).toBe(true);
  await place.close();
  for (const pid of pids) await expect.poll(() => alive(pid)).toBe(false);
});
/** False also for one that is only still in the table of processes. */
const alive = async (pid: number): Promise<boolean> =>
  readFile(`/proc/${String(pid)}/stat`, 'utf8').then(
    (stat) => !/\) Z /.test(stat),
    () => false,
  );
