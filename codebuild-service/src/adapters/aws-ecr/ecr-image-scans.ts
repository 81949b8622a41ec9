/** Findings of an image in ECR for the gates of a build: a scan that still runs is waited for, one that never began is begun. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { delay } from '@aws-deployer/platform/runtime/clock';
import { ecrRegistryOf, type EcrRegistry } from '../../images/registry-host.js';
import type { AwsSession } from '../../ports/aws-session.js';
import type { ImageScans, PushedImage } from '../../ports/image-inspection.js';
import type { ImageRepositories } from '../../ports/image-repositories.js';

const WAIT_MS = 120_000;
const EVERY_MS = 3_000;

export class EcrImageScans implements ImageScans {
  constructor(
    private readonly repositories: ImageRepositories,
    /** Who signs in to a registry that a build of this machine has pushed to. Throws AppError where nobody does. */
    private readonly signIn: (registry: EcrRegistry, signal: AbortSignal) => Promise<AwsSession>,
    private readonly everyMs = EVERY_MS,
  ) {}

  async findings(
    { repository, digest }: PushedImage,
    session: AwsSession | null,
    signal: AbortSignal,
  ): Promise<Awaited<ReturnType<ImageScans['findings']>>> {
    const [host = '', ...path] = repository.split('/');
    const registry = ecrRegistryOf(host);
    if (registry === null) return { reason: `the registry ${host} scans no images; ECR does` };
    const place = session === null ? await this.signIn(registry, signal) : { ...session, region: registry.region };
    let unscanned = 0;
    for (const until = Date.now() + WAIT_MS; ; await delay(this.everyMs, signal)) {
      const { status, description, bySeverity } = await this.repositories.scan(place, path.join('/'), digest, signal);
      if (status === 'complete' || status === 'active') return { bySeverity };
      if (status !== null && status !== 'in_progress' && status !== 'pending')
        return {
          reason: `the scan of ${repository} ended as ${status}${description === null ? '' : `: ${description}`}`,
        };
      if (status === null) unscanned += 1;
      if (unscanned === 2) await this.#begin(place, path.join('/'), digest, signal); // the scan on push comes a moment late
      if (Date.now() >= until)
        return {
          reason:
            status === null
              ? `${repository} was not scanned: switch on the scan on push for the repository`
              : `the scan of ${repository} had not ended after ${WAIT_MS / 1000} s`,
        };
    }
  }
  async #begin(place: AwsSession, name: string, digest: string, signal: AbortSignal): Promise<void> {
    try {
      await this.repositories.startScan(place, name, digest, signal);
    } catch (error) {
      if (!(error instanceof AppError)) throw error; // scanned today, or by Inspector alone: what comes is waited for
    }
  }
}
