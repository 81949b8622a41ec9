import { main } from '@aws-deployer/platform/runtime/main';
import { monitor } from './service.js';

await main(monitor, process.env, process.argv[2]);
