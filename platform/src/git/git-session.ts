/**
 * One git with an environment of its own: nothing of the user's configuration, hooks, agents or credentials reaches it,
 * and a credential given for one checkout reaches nothing else.
 *
 * A token is handed over by GIT_ASKPASS (a script that prints variables of its environment): never in an argument,
 * never in a file. An SSH key lies in a file only the owner can read, in a folder that `close` removes.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitCredential } from './source-repository.js';
import { runGit } from './git-command.js';

export interface GitSessionOptions {
  readonly folder: string;
  readonly credential: GitCredential | undefined;
  readonly protocols: readonly string[];
  /** `-c` settings of every command. */
  readonly settings: readonly string[];
  /** Where ssh connects, and the name its key is known by; undefined: as ssh itself resolves the address. */
  readonly ssh: { readonly address: string; readonly keyName: string } | undefined;
  /** Where hosts' keys are kept that were taken on first use. */
  readonly knownHostsFile: string;
  /** PATH, proxies and certificate settings are taken from it; nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (text: string) => void;
}
export interface GitSession {
  /** Runs git in the session's folder; answers what it printed. */
  readonly git: (...args: string[]) => Promise<string>;
  /** Removes the credential from a text. */
  mask(text: string): string;
  close(): Promise<void>;
}

const PASSED_ON = [
  'PATH',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'all_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'TMPDIR',
];
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export async function openGitSession(options: GitSessionOptions, signal: AbortSignal): Promise<GitSession> {
  const home = await mkdtemp(join(tmpdir(), 'deployer-git-'));
  const close = () => rm(home, { recursive: true, force: true });
  try {
    const env = await environment(options, home);
    const mask = maskOf(options.credential?.secret);
    const settings = options.settings.flatMap((setting) => ['-c', setting]);
    return {
      git: (...args) =>
        runGit(
          [...settings, ...args],
          { folder: options.folder, env, onLine: (line) => options.onLine(mask(line)) },
          signal,
        ),
      mask,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function environment(options: GitSessionOptions, home: string): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    HOME: home,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: options.protocols.join(':'),
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_HTTP_LOW_SPEED_LIMIT: '100',
    GIT_HTTP_LOW_SPEED_TIME: '60',
  };
  for (const name of PASSED_ON) {
    const value = options.env[name];
    if (value !== undefined) env[name] = value;
  }
  const { credential } = options;
  if (credential?.kind === 'git_token') {
    const script = join(home, 'askpass.sh');
    await writeFile(
      script,
      '#!/bin/sh\ncase "$1" in Username*) printf "%s" "$DEPLOYER_GIT_USER";; *) printf "%s" "$DEPLOYER_GIT_TOKEN";; esac\n',
      { mode: 0o700 },
    );
    env['GIT_ASKPASS'] = script;
    env['DEPLOYER_GIT_USER'] = credential.username ?? 'x-access-token';
    env['DEPLOYER_GIT_TOKEN'] = credential.secret;
  }
  env['GIT_SSH_COMMAND'] = await sshCommand(options, home);
  return env;
}

async function sshCommand(options: GitSessionOptions, home: string): Promise<string> {
  const { credential } = options;
  const settings = ['BatchMode=yes', 'IdentitiesOnly=yes', 'IdentityAgent=none', 'ConnectTimeout=15'];
  const key = credential?.kind === 'ssh_key' ? join(home, `key-${randomUUID()}`) : '/dev/null';
  // ssh reads keys only when they end in a line feed.
  if (credential?.kind === 'ssh_key') await writeFile(key, `${credential.secret.trimEnd()}\n`, { mode: 0o600 });
  if (credential?.knownHosts === undefined) {
    await mkdir(join(options.knownHostsFile, '..'), { recursive: true });
    settings.push(`UserKnownHostsFile=${options.knownHostsFile}`, 'StrictHostKeyChecking=accept-new');
  } else {
    const file = join(home, 'known_hosts');
    await writeFile(file, `${credential.knownHosts.trimEnd()}\n`, { mode: 0o600 });
    settings.push(`UserKnownHostsFile=${file}`, 'StrictHostKeyChecking=yes');
  }
  if (options.ssh !== undefined)
    settings.push(`HostName=${options.ssh.address}`, `HostKeyAlias=${options.ssh.keyName}`);
  return ['ssh', '-F', '/dev/null', '-i', quoted(key), ...settings.flatMap((setting) => ['-o', quoted(setting)])].join(
    ' ',
  );
}

/** Removes a secret as it is, URL-encoded and in Base64, line by line for keys. */
function maskOf(secret: string | undefined): (text: string) => string {
  const parts = (secret ?? '').split('\n').map((line) => line.trim());
  const forms = parts
    .filter((part) => part.length >= 4)
    .flatMap((part) => [part, encodeURIComponent(part), Buffer.from(part).toString('base64').replace(/=+$/, '')]);
  return (text) => forms.reduce((masked, form) => masked.replaceAll(form, '***'), text);
}
