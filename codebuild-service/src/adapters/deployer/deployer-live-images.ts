/** What runs, asked at the deployer. */
import { LiveImagesView } from '@aws-deployer/platform/contracts/images';
import type { ServiceClient } from '@aws-deployer/platform/http-client/service-client';
import type { LiveImage, LiveImages } from '../../ports/live-images.js';

export class DeployerLiveImages implements LiveImages {
  constructor(private readonly deployer: ServiceClient) {}

  async all(signal: AbortSignal): Promise<readonly LiveImage[]> {
    return (await this.deployer.call('/internal/v1/live-images', { answer: LiveImagesView, signal })).items;
  }
}
