import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';

export interface ImageFacts {
  readonly digest: string;
  readonly exposedPort: number | undefined;
  readonly runtime: 'container' | 'host';
  /** The user that its processes run as, as the image names it: empty for none; undefined: not known. */
  readonly user?: string;
  readonly architectures: readonly string[];
  /** False: the image names no program (neither ENTRYPOINT nor CMD). */
  readonly startsSomething?: boolean;
}
export interface ImageRegistry {
  /**
   * What an image reference names now. Throws AppError invalid/`image_not_found`, `image_auth_failed`,
   * unavailable/`registry_unreachable`.
   */
  resolve(image: string, account: RegistryAccount, signal: AbortSignal): Promise<ImageFacts>;
  /** Whether it is there and may be pulled, without counting as a pull. Throws as `resolve`. */
  look(image: string, account: RegistryAccount, signal: AbortSignal): Promise<void>;
}
