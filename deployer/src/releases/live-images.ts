/** Which images must not be deleted: those of live releases, and those that are being rolled out. */
import type { LiveImagesView } from '@aws-deployer/platform/contracts/images';
import type { Database } from '@aws-deployer/platform/database/open-database';
import type { DeployerSchema } from '../schema.js';

export class LiveImages {
  constructor(private readonly database: Database<DeployerSchema>) {}

  async view(): Promise<LiveImagesView> {
    const { db } = this.database;
    const live = db
      .selectFrom('releases')
      .innerJoin('applications', 'applications.id', 'releases.application_id')
      .select(['releases.image_digest as digest', 'applications.name as application', 'releases.environment'])
      .where('releases.live', '=', 1);
    const open = db
      .selectFrom('deployments')
      .select(['image_digest as digest', 'application', 'environment'])
      .where('ended_at', 'is', null)
      .where('image_digest', 'is not', null);
    const items = new Map<string, LiveImagesView['items'][number]>();
    for (const { digest, application, environment } of [...(await live.execute()), ...(await open.execute())])
      if (digest !== null) items.set(`${digest} ${application} ${environment}`, { digest, application, environment });
    return { items: [...items.values()] };
  }
}
