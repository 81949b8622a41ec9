/** The one-click sample: a real Git repository on this machine, deployed the way everybody's is. */
import { CreateDeploymentBody } from '@aws-deployer/platform/contracts/deployments';

/** Answers the request to make. Throws unavailable/`sample_missing` where the platform came without its samples. */
export type SampleRequest = (environment: string | undefined) => Promise<CreateDeploymentBody>;

export const sampleRequest =
  (repositoryUrl: () => Promise<string>): SampleRequest =>
  async (environment) =>
    CreateDeploymentBody.parse({
      application: 'hello-node',
      ...(environment === undefined ? {} : { environment }),
      source: { type: 'git', repo_url: await repositoryUrl() },
      workload: { health: { path: '/health' } },
      tests: [{ path: '/health', expect_status: 200 }, { path: '/' }],
    });
