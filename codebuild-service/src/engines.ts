/** What builds are run with. Tests hand in their own. */
import { join, resolve } from 'node:path';
import type { Logger } from '@aws-deployer/platform/observability/logger';
import { toolEnvironment } from '@aws-deployer/platform/runtime/tool-environment';
import type { AwsCaller } from './adapters/aws/aws-caller.js';
import { CodeBuildEngine } from './adapters/aws-codebuild/codebuild-engine.js';
import { LocalBuildEngine } from './adapters/local-runner/local-build-engine.js';
import type { Pace } from './builds/pace.js';
import type { BuildEngines } from './builds/watch-parts.js';
import type { CodebuildConfig } from './config.js';

export interface Engines {
  readonly builds: BuildEngines;
  /** How often the engines are asked; absent: as they bear it. */
  readonly paces?: Readonly<Record<'local' | 'codebuild', Pace>>;
  /** Before the first build is looked after. */
  start(): Promise<void>;
  close(): Promise<void>;
}
export type MakeEngines = (config: CodebuildConfig, aws: AwsCaller, log: Logger) => Engines;

export const makeEngines: MakeEngines = (config, aws, log) => {
  const local = new LocalBuildEngine({
    dataDir: config.DATA_DIR,
    localMode: config.MODE === 'local',
    env: toolEnvironment(config),
    gitAllowedHosts: config.GIT_ALLOWED_HOSTS,
    log,
  });
  const codebuild = new CodeBuildEngine({
    aws,
    log,
    uploads: join(resolve(config.DATA_DIR), 'uploads'),
    bucket: config.CODEBUILD_BUCKET,
  });
  return {
    builds: { local, codebuild },
    start: () => local.recover(),
    close: async () => {
      await Promise.all([local.close(), codebuild.close()]);
    },
  };
};
