/** The services that `npm start` runs. Imported on demand, all at once, so that nothing is loaded before the ports are known to be free. */
import type { AnyServiceModule } from '@aws-deployer/platform/runtime/service';

export async function loadServices(): Promise<readonly AnyServiceModule[]> {
  const [{ auth }, { history }, { monitor }, { deployer }, { codebuild }, { infra }] = await Promise.all([
    import('@aws-deployer/auth-service/service'),
    import('@aws-deployer/history-service/service'),
    import('@aws-deployer/monitor-service/service'),
    import('@aws-deployer/deployer/service'),
    import('@aws-deployer/codebuild-service/service'),
    import('@aws-deployer/infra-oneclick/service'),
  ]);
  return [auth, history, monitor, deployer, codebuild, infra];
}
