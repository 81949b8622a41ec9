/** Real processes that are told to end, as a container's would be. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** Sources as they are: their imports name what they are compiled to. */
const SOURCES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (name, context, next) =>
      next(context.parentURL?.endsWith('.ts') ? name.replace(/\\.js$/, '.ts') : name, context),
  });`)}`;
const MODULE = new URL('./stop-on-signal.ts', import.meta.url).href;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stop-on-signal-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Resolves with its exit code and its words, after SIGTERM. */
async function ended(program: string): Promise<{ readonly code: unknown; readonly said: string }> {
  const code = `import { stopOnSignal } from ${JSON.stringify(MODULE)};\n${program}\nconsole.log('ready');`;
  const args = [
    '--experimental-transform-types',
    '--no-warnings',
    '--import',
    SOURCES,
    '--input-type=module',
    '-e',
    code,
  ];
  const process_ = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child = process_;
  let said = '';
  for (const stream of [process_.stdout, process_.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.trimEnd() === 'ready') process_.kill('SIGTERM');
    });
  const [exitCode] = (await once(process_, 'close')) as [number | null];
  return { code: exitCode, said };
}
/** A thread that does not come back, as one that asks a name server which does not answer: a pipe waits for its other end. */
const busyThread = (): string => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  return `import { open } from 'node:fs';\nopen(${JSON.stringify(pipe)}, 'r', () => undefined);`;
};

test('a process ends when everything is closed', async () => {
  const { code, said } = await ended(
    `stopOnSignal(async () => console.log('closed'));setInterval(() => undefined, 1000);`,
  );
  expect({ code, said }).toEqual({ code: 0, said: 'ready\nclosed\n' });
});

test('a thread that does not come back holds nothing up once everything is closed', async () => {
  const { code, said } = await ended(`${busyThread()}\nstopOnSignal(async () => console.log('closed'));`);
  expect({ code, said }).toEqual({ code: 0, said: 'ready\nclosed\n' });
}, 20_000);

test('what does not close in time is ended all the same, and is no success', async () => {
  const { code, said } = await ended(`${busyThread()}\nstopOnSignal(() => new Promise(() => undefined));`);
  expect({ code, said }).toEqual({ code: 1, said: 'ready\ndid not stop within five seconds: ended anyway\n' });
}, 20_000);
