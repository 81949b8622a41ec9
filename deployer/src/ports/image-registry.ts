import type { RegistryAccount } from '@aws-deployer/image-builder/registry-account';

export interface ImageFacts {
  readonly digest: string;
  readonly exposedPort: number | undefined;
  readonly runtime: 'container' | 'host';
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
}
