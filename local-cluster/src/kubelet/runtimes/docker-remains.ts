/**
 * Containers that are to go. One that an engine which stops, or is away, does not remove is remembered and goes when the engine is
 * back: nobody else would ever ask for it again.
 */
import type Docker from 'dockerode';
import { removeContainer } from './docker-container.js';

const AGAIN_MS = 2_000;

export class DockerRemains {
  private readonly left = new Map<string, Docker.Container>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  /** Throws what the engine said, if anything; it is tried again until it is gone. */
  async remove(container: Docker.Container): Promise<void> {
    try {
      await removeContainer(container);
      this.left.delete(container.id);
    } catch (error) {
      this.left.set(container.id, container);
      this.later();
      throw error;
    }
  }

  /** What is left then is looked for at the next start. */
  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private later(): void {
    if (this.closed || this.left.size === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.again(), AGAIN_MS);
  }

  private async again(): Promise<void> {
    await Promise.allSettled([...this.left.values()].map((container) => this.remove(container)));
  }
}
