/** codebuild-service as a process of its own. */
import { main } from '@aws-deployer/platform/runtime/main';
import { codebuild } from './service.js';

await main(codebuild, process.env, process.argv[2]);
