import { main } from '@aws-deployer/platform/runtime/main';
import { history } from './service.js';

await main(history, process.env, process.argv[2]);
