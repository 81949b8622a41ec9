/** The deployer as a process of its own. */
import { main } from '@aws-deployer/platform/runtime/main';
import { deployer } from './service.js';

await main(deployer, process.env, process.argv[2]);
