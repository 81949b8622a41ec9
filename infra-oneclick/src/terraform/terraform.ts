/**
 * The `terraform` program: its clean environment, and the commands whose answer is read whole. Their output may hold secrets
 * and is never logged; what they say of a failure is masked by the caller.
 *
 * Throws AppError unavailable/`terraform_missing`; internal/`terraform_failed` with the last words of the command.
 */
import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { z } from 'zod';

const run = promisify(execFile);
const MOST_BYTES = 256 * 1024 * 1024;
/** Of what a command says of its failure: the cause comes first, hints after it. */
const MOST_LINES = 10;
const SHORT_MS = 120_000;

export interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export class Terraform {
  constructor(
    readonly program: string,
    /** Path, proxies, certificates: nothing else of ours. */
    private readonly tools: Readonly<Record<string, string>>,
    /** Terraform's own settings; absent: none. */
    private readonly cliConfig: string | undefined,
  ) {}

  /** `identity`: variables of the cloud account. */
  environment(dataFolder: string, identity: Readonly<Record<string, string>>): Record<string, string> {
    return {
      ...this.tools,
      ...(this.cliConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: this.cliConfig }),
      TF_DATA_DIR: dataFolder,
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
      ...identity,
    };
  }

  async version(): Promise<string> {
    const text = await this.#output(['version', '-json'], { folder: '/', env: this.environment('.terraform', {}) });
    return z.object({ terraform_version: z.string() }).parse(JSON.parse(text)).terraform_version;
  }

  /** The plan as JSON (`PlanJson`), as text: it holds secrets in the clear. */
  planText(file: string, place: Place, signal?: AbortSignal): Promise<string> {
    return this.#output(['show', '-json', '-no-color', file], place, signal);
  }

  /** The state's serial; null: there is no state yet. */
  async stateSerial(place: Place): Promise<number | null> {
    const text = (await this.#output(['state', 'pull'], place)).trim();
    return text === '' ? null : z.object({ serial: z.number() }).parse(JSON.parse(text)).serial;
  }

  /** Throws conflict/`lock_not_there` when nobody holds the lock any more, or another than the one of this id is there. */
  async forceUnlock(lockId: string, place: Place): Promise<void> {
    try {
      await this.#output(['force-unlock', '-force', lockId], place);
    } catch (cause) {
      const words = cause instanceof AppError && cause.code === 'terraform_failed' ? cause.message : '';
      if (/NoSuchKey|StatusCode: 404|no info found/.test(words))
        throw new AppError('conflict', 'lock_not_there', 'The lock was given back meanwhile: plan again', { cause });
      if (/does not match/.test(words))
        throw new AppError('conflict', 'lock_not_there', 'Another holds the lock by now: plan again to see who', {
          cause,
        });
      throw cause;
    }
  }

  async #output(args: readonly string[], { folder, env }: Place, signal?: AbortSignal): Promise<string> {
    try {
      const { stdout } = await run(this.program, [...args], {
        cwd: folder,
        env: { ...env },
        maxBuffer: MOST_BYTES,
        timeout: SHORT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      return stdout;
    } catch (error) {
      const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === 'ENOENT') throw terraformMissing(this.program, error);
      const words = stripVTControlCharacters(stderr ?? '')
        .replace(/[│╷╵]/g, '')
        .split('\n')
        .map((line) => line.trim());
      // Without the cause: it carries the whole output, and with it secrets.
      throw new AppError(
        'internal',
        'terraform_failed',
        `terraform ${args[0] ?? ''} failed: ${words.filter(Boolean).slice(0, MOST_LINES).join(' ')}`,
      );
    }
  }
}

export const terraformMissing = (program: string, cause: unknown): AppError =>
  new AppError(
    'unavailable',
    'terraform_missing',
    `There is no program ${program}: install Terraform 1.10 or newer, or name it in TERRAFORM`,
    {
      cause,
    },
  );
