/** As whom Terraform asks the cloud: variables for its process alone. They are in no log, no argument and no row. */
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import { AWS_VARIABLES, type InfraConfig } from '../config.js';

export const ENVIRONMENT_ACCOUNT = 'environment';

export class CloudIdentity {
  constructor(private readonly config: InfraConfig) {}

  /** Throws invalid/`account_unknown` on an account that this service has no identity of. */
  variables(account: string | null, region: string | null): Record<string, string> {
    if (account === null) return {};
    this.refuseUnknown(account);
    const own = AWS_VARIABLES.flatMap((name) => {
      const value = this.config[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    return {
      ...Object.fromEntries(own),
      ...(region === null ? {} : { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    };
  }

  /** Values of those variables that are secrets. */
  secrets(variables: Readonly<Record<string, string>>): string[] {
    return ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_ACCESS_KEY_ID'].flatMap((name) => variables[name] ?? []);
  }

  refuseUnknown(account: string | null): void {
    if (account === null || account === ENVIRONMENT_ACCOUNT) return;
    throw invalidField(
      'account',
      `this service has no identity of the cloud account ${account}`,
      `take ${ENVIRONMENT_ACCOUNT}, the identity that the service runs with, or leave it out`,
      'account_unknown',
    );
  }
}
