/**
 * Builds the images of all services, or of those that are named, with the commit in their labels:
 * `node scripts/dist/images/main.js [--repository=HOST/PATH] [--tag=TAG] [FOLDER…]`. Prints one line per image with its size.
 * Build arguments of the Dockerfiles (NODE_IMAGE, TERRAFORM_RELEASES, …) are taken from the environment.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { buildImage, commitArgs, SERVICE_IMAGES } from './service-images.js';

const FROM_ENVIRONMENT = [
  ...['NODE_IMAGE', 'BUILD_IMAGE', 'PACKAGES', 'npm_config_registry', 'VERSION'],
  ...['TERRAFORM_VERSION', 'TERRAFORM_RELEASES', 'TERRAFORM_SHA256_AMD64', 'TERRAFORM_SHA256_ARM64'],
];

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { repository: { type: 'string', default: 'aws-deployer' }, tag: { type: 'string' } },
  });
  const unknown = positionals.filter((name) => !SERVICE_IMAGES.some((folder) => folder === name));
  if (unknown.length > 0)
    throw new Error(`there is no image of ${unknown.join(', ')}; there are ${SERVICE_IMAGES.join(', ')}`);
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const commit = await commitArgs(root);
  const given = FROM_ENVIRONMENT.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  for (const folder of SERVICE_IMAGES) {
    if (positionals.length > 0 && !positionals.includes(folder)) continue;
    const tag = `${values.repository}/${folder}:${values.tag ?? commit['REVISION']?.slice(0, 12) ?? 'latest'}`;
    await buildImage({ root, folder, tag, args: { ...Object.fromEntries(given), ...commit }, env: process.env });
    const inspected = await promisify(execFile)('docker', ['image', 'inspect', '--format', '{{.Size}}', tag]);
    process.stdout.write(`${tag}  ${(Number(inspected.stdout) / 1e6).toFixed(0)} MB\n`);
  }
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
