/**
 * The keys of one run's cloud account. Those of a role last an hour, and an apply may last longer: Terraform reads them by a
 * `credential_process` from a file for the owner alone, and asks again by itself once they are over; until the run ends the file
 * is written anew long before that. Keys that do not expire are in the variables of its process, and in no file.
 */
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { IssuedIdentity } from '../identity/cloud-identity.js';
import type { Identity } from '../ports/cloud-inventory.js';

export interface RunKeysParts {
  /** Throws what asking for them throws. */
  readonly ask: () => Promise<IssuedIdentity>;
  /** Of the run. */
  readonly folder: string;
  /** They could not be renewed; it is tried again. */
  readonly warn: (error: unknown) => void;
}

/** Renewed once this part of their life is over. */
const OLD = 0.75;
const AGAIN_MS = 5_000;
/** Until Terraform was begun with some. */
const IDLE_MS = 1_000;
const LOOK_MS = 60_000;
const FILES = ['keys.json', 'keys.config'] as const;

export class RunKeys {
  #held: Promise<IssuedIdentity & { readonly renewAt: number }> | undefined;
  #inFiles = false;

  constructor(private readonly parts: RunKeysParts) {}

  /** For calls of our own. */
  async current(): Promise<Identity> {
    const held = await (this.#held ??= this.#ask());
    if (Date.now() < held.renewAt) return held.variables;
    return (await (this.#held = this.#ask())).variables;
  }

  /** For the process of Terraform. */
  async forProcess(): Promise<Identity> {
    await this.current();
    const { variables, expiresAt } = await (this.#held ??= this.#ask());
    if (expiresAt === null) return variables;
    await this.#write();
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, AWS_SESSION_TOKEN: _token, ...rest } = variables;
    return {
      ...rest,
      AWS_CONFIG_FILE: join(this.parts.folder, 'keys.config'),
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null', // the one of this machine's user is another identity
      AWS_SDK_LOAD_CONFIG: '1',
    };
  }

  /** Until `ended`: also for a process that another one of ours began and left. */
  async keepFresh(ended: AbortSignal): Promise<void> {
    const left = await access(join(this.parts.folder, FILES[0])).then(
      () => true,
      () => false, // there is none yet
    );
    this.#inFiles ||= left;
    while (!ended.aborted) {
      let next = IDLE_MS;
      try {
        if (this.#inFiles) {
          await this.current();
          await this.#write();
          const { renewAt } = await (this.#held ??= this.#ask());
          next = Math.min(LOOK_MS, Math.max(0, renewAt - Date.now()));
        }
      } catch (error) {
        if (ended.aborted) return;
        this.#held = undefined;
        this.parts.warn(error);
        next = AGAIN_MS;
      }
      await wait(next, undefined, { signal: ended }).catch(() => undefined); // the run has ended
    }
  }

  async #ask(): Promise<IssuedIdentity & { readonly renewAt: number }> {
    const now = Date.now();
    try {
      const issued = await this.parts.ask();
      const { expiresAt } = issued;
      const renewAt = expiresAt === null ? Number.POSITIVE_INFINITY : now + (expiresAt.getTime() - now) * OLD;
      return { ...issued, renewAt };
    } catch (error) {
      this.#held = undefined; // the next one asks again
      throw error;
    }
  }

  async #write(): Promise<void> {
    const { folder } = this.parts;
    const { variables, expiresAt } = await (this.#held ??= this.#ask());
    if (expiresAt === null) return;
    this.#inFiles = true;
    const [json, config] = FILES.map((name) => join(folder, name));
    if (json === undefined || config === undefined) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const keys = {
      Version: 1,
      AccessKeyId: variables['AWS_ACCESS_KEY_ID'],
      SecretAccessKey: variables['AWS_SECRET_ACCESS_KEY'],
      SessionToken: variables['AWS_SESSION_TOKEN'],
      Expiration: expiresAt.toISOString(),
    };
    const quoted = `'${json.replaceAll("'", "'\\''")}'`;
    await writeFile(config, `[default]\ncredential_process = cat ${quoted}\n`, { mode: 0o600 });
    await writeFile(`${json}.new`, JSON.stringify(keys), { mode: 0o600 });
    await rename(`${json}.new`, json); // whoever reads it meanwhile has the old ones whole
  }
}

/** Of a run that ended, or one that is to leave nothing. */
export async function removeKeys(folder: string): Promise<void> {
  for (const name of [...FILES, `${FILES[0]}.new`]) await rm(join(folder, name), { force: true });
}
