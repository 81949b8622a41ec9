/**
 * Removes the folders of deployments that have ended: after each, at the start and from time to time, so that also what a killed
 * process left is gone. Another replica may share the folder: only what belongs to no open deployment is touched.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scratchFolderOf } from '@aws-deployer/image-builder/host/scratch-folder';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import type { StepParts } from './step.js';
import { folderOf } from './work-folder.js';

const EVERY_MS = 30_000;
/** A checkout, or the tar of one, is named for its deployment. */
const NAMED_FOR = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=$|\.)/;
/** In the work folder: where the host builder assembles images. */
export const BUILDS = 'builds';

export class WorkFolderSweep {
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly parts: Pick<StepParts, 'database' | 'workDir'>,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.#timer = setInterval(() => this.#begin(), EVERY_MS);
    this.#begin();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** Never rejects: the next sweep tries again. */
  async remove(deploymentId: string): Promise<void> {
    await this.#remove(folderOf(this.parts.workDir, deploymentId));
  }

  #begin(): void {
    this.#sweeping = this.#sweeping
      .then(() => this.sweep())
      .catch((error: unknown) => this.log.warn('work folders could not be looked through', { error }));
  }

  async sweep(): Promise<void> {
    const { workDir, database } = this.parts;
    // First the names, then the deployments: what is made in between is not among the names.
    const folders = (await namesIn(workDir)).filter((name) => NAMED_FOR.test(name));
    const builds = await namesIn(join(workDir, BUILDS));
    if (folders.length + builds.length === 0) return;
    const open = await database.db.selectFrom('deployments').select('id').where('ended_at', 'is', null).execute();
    const ids = new Set(open.map(({ id }) => id));
    const scratch = new Set(open.map(({ id }) => scratchFolderOf(id)));
    for (const name of folders) if (!ids.has(NAMED_FOR.exec(name)?.[0] ?? '')) await this.#remove(join(workDir, name));
    for (const name of builds) if (!scratch.has(name)) await this.#remove(join(workDir, BUILDS, name));
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true }).catch((error: unknown) =>
      this.log.warn('a work folder could not be removed', { path, error }),
    );
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
