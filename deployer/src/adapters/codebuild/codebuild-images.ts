/** What a build made, asked at codebuild-service. */
import { BuiltImageView } from '@aws-deployer/platform/contracts/image-builds';
import type { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import type { BuiltImageFacts, BuiltImages } from '../../ports/built-images.js';

export class CodebuildImages implements BuiltImages {
  constructor(private readonly codebuild: ServiceClient) {}

  async ofBuild(buildId: string, signal: AbortSignal): Promise<BuiltImageFacts> {
    const path = `/internal/v1/builds/${encodeURIComponent(buildId)}/image`;
    const view = await this.codebuild.call(path, { answer: BuiltImageView, signal });
    return {
      buildId: view.build_id,
      name: `build ${String(view.number)} of ${view.project}`,
      succeeded: view.status === 'succeeded',
      image: view.image,
      digest: view.digest,
      gates: view.gates,
    };
  }
}
