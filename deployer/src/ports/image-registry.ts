/** A registry and the credential to use with it. The password is never logged. */
export interface RegistryAccount {
  /** `127.0.0.1:5001`, `docker.io`, `123.dkr.ecr.eu-west-1.amazonaws.com` */
  readonly host: string;
  readonly insecure: boolean; // plain HTTP: loopback only
  readonly username?: string;
  readonly password?: string;
}
export interface ImageFacts {
  readonly digest: string;
  readonly exposedPort: number | undefined;
  readonly runtime: 'container' | 'host';
  readonly architectures: readonly string[];
}
export interface ImageRegistry {
  /**
   * What an image reference names now. Throws AppError invalid/`image_not_found`, `image_auth_failed`,
   * unavailable/`registry_unreachable`.
   */
  resolve(image: string, account: RegistryAccount, signal: AbortSignal): Promise<ImageFacts>;
}
