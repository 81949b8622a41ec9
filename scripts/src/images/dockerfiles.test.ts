/** The Dockerfiles are one pattern: what they do not share is named here. Docker has no include, so a test holds them alike. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { OWN_PORT } from '@aws-deployer/platform/runtime/config';
import { SERVICE_IMAGES, withoutCredentials, type ServiceImage } from './service-images.js';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const PORTS: Readonly<Record<ServiceImage, number>> = {
  'auth-service': OWN_PORT.auth,
  deployer: OWN_PORT.deployer,
  'codebuild-service': OWN_PORT.codebuild,
  'history-service': OWN_PORT.history,
  'infra-oneclick': OWN_PORT.infra,
  'monitor-service': OWN_PORT.monitor,
  frontend: 8080,
};
const WITH_GIT: readonly ServiceImage[] = ['deployer', 'codebuild-service'];
const WITH_TERRAFORM: readonly ServiceImage[] = ['infra-oneclick'];
const TERRAFORM =
  /# Terraform, held to[^]*?(?=# The root file systems)|# Layers of their own[^]*?ENV TERRAFORM=\S+\n\n/g;
const GIT = /# Sources are fetched by git,[^]*?\n\n/;
const read = (folder: ServiceImage): string => readFileSync(join(root, folder, 'Dockerfile'), 'utf8');

/** The text with the folder's own words taken out. */
const pattern = (folder: ServiceImage): string =>
  read(folder)
    .replace(/^# [^,]+, built/, '# SERVICE, built')
    .replace(GIT, '')
    .replaceAll(TERRAFORM, '')
    .replace(' && node node_modules/vite/bin/vite.js build frontend', '')
    .replace('--workspace platform', '--workspace frontend') // its own packages are in the bundle
    .replaceAll(/frontend\/(?:dist\/)?server/g, (path) => path.replace('/server', ''))
    .replaceAll(`aws-deployer/${folder}`, 'aws-deployer/FOLDER')
    .replaceAll(new RegExp(`(?<!aws-)${folder}`, 'g'), 'FOLDER')
    .replaceAll(String(PORTS[folder]), 'PORT_NUMBER');

test.each(SERVICE_IMAGES)('the Dockerfile of %s is the pattern of all', (folder) => {
  expect(pattern(folder)).toBe(pattern('auth-service'));
  expect(read(folder)).toContain(`ENV NODE_ENV=production DATA_DIR=/data HOME=/tmp PORT=${PORTS[folder]}\n`);
  expect(GIT.test(read(folder))).toBe(WITH_GIT.includes(folder));
  expect(read(folder).match(TERRAFORM)?.length ?? 0).toBe(WITH_TERRAFORM.includes(folder) ? 2 : 0);
});

test('a label never carries the credentials of a remote', () => {
  expect(withoutCredentials('https://ann:secret@git.example/shop.git')).toBe('https://git.example/shop.git');
  expect(withoutCredentials('git@git.example:shop.git')).toBe('git@git.example:shop.git');
});
