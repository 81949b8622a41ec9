/** `npm run verdicts -- DIR`; see scripts/verdicts.mjs for its words. */
import { resolve } from 'node:path';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { printVerdicts } from './print-verdicts.js';

try {
  const broken = await printVerdicts(resolve(process.argv[2] ?? '.'), { out: console.log, err: console.error });
  process.exitCode = broken > 0 ? 1 : 0;
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
