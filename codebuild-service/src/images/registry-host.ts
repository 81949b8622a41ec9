/** The hosts of ECR: `<account>.dkr.ecr.<region>.amazonaws.com`. Pure. */
export interface EcrRegistry {
  /** The number of the AWS account. */
  readonly registryId: string;
  readonly region: string;
}
const HOST = /^(\d{12})\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/** null: another registry. */
export function ecrRegistryOf(host: string): EcrRegistry | null {
  const [, registryId, region] = HOST.exec(host) ?? [];
  return registryId === undefined || region === undefined ? null : { registryId, region };
}
