/**
 * Where the command is signed in: one platform and its token, in `$XDG_CONFIG_HOME/aws-deployer/credentials.json`, readable by
 * its owner only. `DEPLOYER_URL` and `DEPLOYER_TOKEN` go before the file, each for itself.
 */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { EXIT, Failure } from './failure.js';

export const DEFAULT_URL = 'http://localhost:8080';
export type Environment = Readonly<Record<string, string | undefined>>;

const Stored = z.object({ url: z.url(), token: z.string(), expires_at: z.string().nullable() });
export type Stored = z.infer<typeof Stored>;
export interface Target {
  readonly url: string;
  /** Absent: not signed in. */
  readonly token?: string;
}

const fileOf = (env: Environment): string =>
  join(env['XDG_CONFIG_HOME'] || join(env['HOME'] || homedir(), '.config'), 'aws-deployer', 'credentials.json');

/** A token is sent only to the platform that it is of: one in the file is not used for another DEPLOYER_URL. */
export async function targetOf(env: Environment): Promise<Target> {
  const stored = await readStored(env);
  const url = withoutSlash(env['DEPLOYER_URL'] || stored?.url || DEFAULT_URL);
  const token = env['DEPLOYER_TOKEN'] || (stored?.url === url ? stored.token : undefined);
  return { url, ...(token === undefined ? {} : { token }) };
}

export async function store(env: Environment, credentials: Stored): Promise<void> {
  const file = fileOf(env);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600); // the mode above does not change a file that was there
}

export const forget = (env: Environment): Promise<void> => rm(fileOf(env), { force: true });

/** Throws Failure for an address that is none. */
export function withoutSlash(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Failure(EXIT.usage, `${address} is not an address of a platform: give it as https://host[:port]`);
  return url.href.replace(/\/+$/, '');
}

async function readStored(env: Environment): Promise<Stored | undefined> {
  const file = fileOf(env);
  let text;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Failure(EXIT.error, `${file} cannot be read: ${(error as Error).message}`, [], { cause: error });
  }
  const parsed = Stored.safeParse(parseJson(text));
  if (!parsed.success) throw new Failure(EXIT.error, `${file} is damaged: sign in again with: deployer login`);
  return { ...parsed.data, url: withoutSlash(parsed.data.url) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // told as damaged, like JSON of another shape
    throw error;
  }
}
