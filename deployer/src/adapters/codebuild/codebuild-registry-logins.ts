/** Logins for ECR, issued by codebuild-service with the cloud account that the registry belongs to. */
import { RegistryTokenBody, RegistryTokenView } from '@aws-deployer/platform/contracts/images';
import type { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import type { RegistryLogins } from '../../ports/registry-logins.js';

/** Roles are assumed and repositories made on the way. */
const WITHIN_MS = 30_000;

export class CodebuildRegistryLogins implements RegistryLogins {
  constructor(private readonly codebuild: ServiceClient) {}

  issues(host: string): boolean {
    return RegistryTokenBody.shape.host.safeParse(host).success;
  }

  async login(host: string, pushTo: string | undefined): Promise<{ username: string; password: string }> {
    const { username, password } = await this.codebuild.call('/internal/v1/registry-tokens', {
      method: 'POST',
      body: { host, ...(pushTo === undefined ? {} : { repository: pushTo, push: true }) },
      answer: RegistryTokenView,
      idempotent: true,
      timeoutMs: WITHIN_MS,
    });
    return { username, password };
  }
}
