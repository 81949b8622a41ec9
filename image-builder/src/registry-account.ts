/** A registry and the credential to use with it. The password is never logged. */
export interface RegistryAccount {
  /** `127.0.0.1:5001`, `docker.io`, `123.dkr.ecr.eu-west-1.amazonaws.com` */
  readonly host: string;
  readonly insecure: boolean; // plain HTTP: loopback only
  readonly username?: string;
  readonly password?: string;
}
