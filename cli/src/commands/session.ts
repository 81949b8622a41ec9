/** `login`, `logout`, `whoami`. */
import { LoginView, MeView } from '@aws-deployer/platform/contracts/auth';
import { z } from 'zod';
import { ApiClient } from '../api-client.js';
import { forget, store, targetOf, withoutSlash, type Environment } from '../credentials.js';
import { EXIT, Failure } from '../failure.js';
import type { Context } from '../program.js';
import type { Terminal } from '../terminal.js';

export interface LoginOptions {
  readonly token?: string;
  readonly username?: string;
  readonly passwordStdin?: boolean;
}

/** A token is tried before it is kept; a password is changed for a session token and forgotten. */
export async function login(
  { env, terminal }: { env: Environment; terminal: Terminal },
  address: string | undefined,
  options: LoginOptions,
): Promise<void> {
  const url = address === undefined ? (await targetOf(env)).url : withoutSlash(address);
  const { token, expiresAt } =
    options.token === undefined
      ? await withPassword(url, terminal, options)
      : { token: options.token, expiresAt: null };
  const api = new ApiClient({ url, token });
  try {
    const { user } = await api.get('/api/v1/auth/me', MeView);
    await store(env, { url, token, expires_at: expiresAt });
    terminal.print(`Signed in to ${url} as ${user.username} (${user.roles.join(', ')})`);
    if (expiresAt !== null) terminal.note(`until ${expiresAt}; for scripts make an API token and set DEPLOYER_TOKEN`);
  } finally {
    await api.close();
  }
}

async function withPassword(
  url: string,
  terminal: Terminal,
  { username, passwordStdin }: LoginOptions,
): Promise<{ token: string; expiresAt: string }> {
  if (passwordStdin && username === undefined)
    throw new Failure(EXIT.usage, '--password-stdin needs --username as well');
  const name = username ?? (await terminal.ask('User'));
  const password = passwordStdin ? await terminal.firstLine() : await terminal.askSecret('Password');
  const api = new ApiClient({ url });
  try {
    const answer = await api.post('/api/v1/auth/login', { username: name, password }, LoginView);
    return { token: answer.access_token, expiresAt: answer.expires_at };
  } finally {
    await api.close();
  }
}

/** Ends the session there as well; one that is over already is no trouble. */
export async function logout({ api, env, terminal }: Context): Promise<void> {
  if (api.target.token !== undefined)
    await api.post('/api/v1/auth/logout', undefined, z.unknown()).catch((error: unknown) => {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.notAuthenticated)
        terminal.note(`The session at ${api.target.url} could not be ended: ${(error as Error).message}`);
    });
  await forget(env);
  terminal.print('Signed out');
}

export async function whoami({ api, terminal, json }: Context): Promise<void> {
  const me = await api.get('/api/v1/auth/me', MeView);
  if (json) terminal.json(me);
  else terminal.print(`${me.user.username} (${me.user.roles.join(', ')}) at ${api.target.url}`);
}
