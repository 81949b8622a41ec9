/** auth-service as a process of its own. Signals are heeded before the service is loaded. */
import { main } from '@aws-deployer/platform/runtime/main';

await main(async () => (await import('./service.js')).auth, process.env, process.argv[2]);
