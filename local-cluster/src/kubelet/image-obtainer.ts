/**
 * Gets the image of one container by its pull policy, again and again until it is there: Pulling, Pulled, ErrImagePull and
 * ImagePullBackOff in the order, with the delays and sentences of the kubelet.
 */
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import type { Container } from '../resources/types.js';
import { delay } from './abortable-delay.js';
import { BackOff } from './back-off.js';
import { PullError } from './container-runtime.js';
import type { PodContext } from './container-supervisor.js';
import type { ObtainedImage } from './image-service.js';

/** Two looks at what fails soon after each other, then every so often, as the kubelet's syncs fall. */
export const RETRY_SOON_MS = 600;
export const RETRY_MS = 12_000;

export class ImageObtainer {
  private readonly pulls = new BackOff();

  constructor(
    private readonly context: PodContext,
    private readonly spec: Container,
    /** Shows why the container waits. */
    private readonly shown: (reason: string, message: string) => void,
  ) {}

  /** Undefined when `signal` was aborted. */
  async obtain(signal: AbortSignal): Promise<ObtainedImage | undefined> {
    const { context, spec } = this;
    const image = spec.image ?? '';
    for (let failures = 0; !signal.aborted; failures += 1) {
      try {
        const present = spec.imagePullPolicy === 'Always' ? undefined : await context.images.find(image);
        if (present !== undefined) {
          context.event(
            spec,
            'Normal',
            'Pulled',
            `Container image "${image}" already present on machine and can be accessed by the pod`,
          );
          return present;
        }
        if (spec.imagePullPolicy === 'Never') {
          const why = `Container image "${image}" is not present with pull policy of Never`;
          context.event(spec, 'Warning', 'ErrImageNeverPull', why);
          this.imageMissing('ErrImageNeverPull', why);
          await delay(failures === 0 ? RETRY_SOON_MS : RETRY_MS, signal);
          continue;
        }
        return await this.pull(image, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        if (error instanceof PullError && error.kind === 'invalid_name') {
          context.event(spec, 'Warning', 'InspectFailed', error.message);
          this.imageMissing('InvalidImageName', error.message);
          await delay(failures === 0 ? RETRY_SOON_MS : RETRY_MS, signal);
          continue;
        }
        await this.pullFailed(image, messageOf(error), signal);
      }
    }
    return undefined;
  }

  private async pull(image: string, signal: AbortSignal): Promise<ObtainedImage> {
    const { context, spec } = this;
    context.event(spec, 'Normal', 'Pulling', `Pulling image "${image}"`);
    const from = Date.now();
    const pulled = await context.images.pull(image, context.credential(image), signal);
    const took = `${String(Date.now() - from)}ms`;
    context.event(
      spec,
      'Normal',
      'Pulled',
      `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${String(pulled.image.sizeBytes)} bytes.`,
    );
    return pulled;
  }

  private imageMissing(reason: string, message: string): void {
    this.context.event(this.spec, 'Warning', 'Failed', `Error: ${reason}`);
    this.shown(reason, message);
  }

  private async pullFailed(image: string, message: string, signal: AbortSignal): Promise<void> {
    const { context, spec } = this;
    context.event(spec, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    this.imageMissing('ErrImagePull', message);
    const failedAt = Date.now();
    this.pulls.next(failedAt);
    await delay(Math.min(RETRY_SOON_MS, this.pulls.left(failedAt, failedAt)), signal);
    if (signal.aborted) return;
    context.event(spec, 'Normal', 'BackOff', `Back-off pulling image "${image}"`);
    this.imageMissing('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${message}`);
    await delay(this.pulls.left(failedAt, Date.now()), signal);
  }
}
