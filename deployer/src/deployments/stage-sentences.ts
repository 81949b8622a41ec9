/** What is being done in each stage, for the sentence beside the state. Pure. */
import type { CreateDeploymentBody, StageName } from '@aws-deployer/platform/contracts/deployments';

export function sentenceOf(stage: StageName, { source, monitor_seconds: seconds = 0 }: CreateDeploymentBody): string {
  switch (stage) {
    case 'validating':
      return 'Checking the request.';
    case 'preparing':
      return source.type === 'git' ? `Fetching ${source.ref ?? 'the default branch'}.` : 'Preparing the source.';
    case 'building':
      return source.type === 'image' ? 'Looking the image up.' : 'Building the image.';
    case 'deploying':
      return 'Rolling out the new version.';
    case 'testing':
      return 'Asking the new version what its tests say.';
    case 'monitoring':
      return `Watching the new version for ${seconds} s.`;
    case 'rolling_back':
      return 'Going back.';
  }
}
