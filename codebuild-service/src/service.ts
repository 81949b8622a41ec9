/** codebuild-service, composed: cloud accounts, build projects, builds and their queue, images, AWS operations. */
import { serviceModule, type Runtime, type Service } from '@aws-deployer/platform/runtime/service';
import { CodebuildConfig } from './config.js';
import { codebuildMigrations } from './migrations/all.js';
import type { CodebuildSchema } from './schema.js';

function createCodebuild(_config: CodebuildConfig, _runtime: Runtime<CodebuildSchema>): Service {
  return { routes: [] };
}

export const codebuild = serviceModule<CodebuildSchema, typeof CodebuildConfig>({
  name: 'codebuild',
  config: CodebuildConfig,
  migrations: codebuildMigrations,
  create: createCodebuild,
});
