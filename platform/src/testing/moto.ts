/**
 * moto, a stand-in for AWS in Python, for tests: started on a free loopback port by the python3 that can import it.
 *
 * Use it with `AWS_ENDPOINT_URL=<url>`, any access key and secret; the account is 123456789012 and `POST /moto-api/reset`
 * empties it. Its end is tied to ours: it ends when its standard input closes, so a killed test leaves none behind.
 * Its CodeBuild (5.2.1) knows projects but not UpdateProject, webhooks and retries, and answers started builds with instants
 * that the SDK refuses: codebuild-service has a double for those.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export interface Moto {
  /** `http://127.0.0.1:40123` */
  readonly url: string;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
/** Port 0 is announced on standard error: `Running on http://127.0.0.1:40123`. */
const SERVER = `
import os, sys, threading
def leave_with_parent():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)
threading.Thread(target=leave_with_parent, daemon=True).start()
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
`;

let found: Promise<string | null> | undefined;
/** The interpreter that can import moto, looked for along the path; null where there is none. */
export const findMotoPython = (): Promise<string | null> => (found ??= lookForPython());

async function lookForPython(): Promise<string | null> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry !== '')) {
    try {
      const ask = ['-c', 'import sys, moto.server; print(sys.executable)'];
      const { stdout } = await promisify(execFile)(join(folder, 'python3'), ask, { timeout: READY_WITHIN_MS });
      return stdout.trim();
    } catch {
      continue; // no python3 in this folder, or one without moto: the next may have it
    }
  }
  return null;
}

/** Throws where no python3 can import moto, with what to install, and where it does not come up within 30 s. */
export async function startMoto(): Promise<Moto> {
  const python = await findMotoPython();
  if (python === null) throw new Error("No python3 on the PATH can import moto: pip install 'moto[server]'");
  const server = spawn(python, ['-c', SERVER], { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = once(server, 'close');
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string): void => {
      server.kill('SIGKILL');
      reject(new Error(`moto ${why}: ${said.slice(-2000)}`));
    };
    const timer = setTimeout(() => fail('was not ready in time'), READY_WITHIN_MS);
    server.once('error', (error) => fail(error.message));
    server.once('exit', () => fail('ended at its start'));
    server.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4000);
      const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      server.removeAllListeners('exit');
      resolve(address);
    });
  });
  return {
    url,
    stop: async () => {
      server.kill('SIGKILL');
      await ended;
    },
  };
}
