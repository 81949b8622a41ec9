import { main } from '@aws-deployer/platform/runtime/main';
import { auth } from './service.js';

await main(auth, process.env, process.argv[2]);
