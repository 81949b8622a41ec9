/** infra-oneclick as a process of its own. */
import { main } from '@aws-deployer/platform/runtime/main';
import { infra } from './service.js';

await main(infra, process.env, process.argv[2]);
