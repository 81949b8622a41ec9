/** A server program of this machine for one test: its output kept, waited for until it answers, stopped by its process id. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

export interface StartedServer {
  /** What it has printed. */
  output(): string;
  /** Asks it to end, insists after five seconds. */
  stop(): Promise<void>;
}

/** Throws with its output when it ends, or does not answer within 30 s. `answers` may throw while it does not. */
export async function startServer(
  program: string,
  args: readonly string[],
  answers: () => Promise<boolean>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<StartedServer> {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const gone = once(child, 'exit').catch((error: unknown) => (said += String(error)));
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  const stop = async (): Promise<void> => {
    if (ended()) return;
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(insist);
  };
  const limit = Date.now() + 30_000;
  while (!(await answers().catch(() => false))) {
    if (ended() || Date.now() > limit) {
      await stop();
      throw new Error(`${program} ${ended() ? 'ended' : 'does not answer'}:\n${said}`);
    }
    await wait(100);
  }
  return { output: () => said, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
