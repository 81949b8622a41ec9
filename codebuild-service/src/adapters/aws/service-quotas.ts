/** The quota of concurrent builds, from Service Quotas. */
import type { BuildQuota } from '../../ports/build-quota.js';
import type { AwsCaller } from './aws-caller.js';

/** By its name: quota codes are not documented as stable, and partitions differ. */
const QUOTA = /concurrently running builds for linux\/small/i;

export const serviceQuotas = (aws: AwsCaller): BuildQuota => ({
  concurrentBuilds: async (session, signal) => {
    const { paginateListServiceQuotas } = await import('@aws-sdk/client-service-quotas');
    return aws.call(
      session,
      'quotas',
      async (client, abortSignal) => {
        const pages = paginateListServiceQuotas({ client }, { ServiceCode: 'codebuild' }, { abortSignal });
        for await (const page of pages) {
          const found = page.Quotas?.find(({ QuotaName }) => QUOTA.test(QuotaName ?? ''));
          if (found?.Value !== undefined) return Math.floor(found.Value);
        }
        return null;
      },
      { signal },
    );
  },
});
