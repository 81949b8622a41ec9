/**
 * Builds the images of this checkout offline, unless they are there, and prints their names as JSON, by folder; `null` where
 * this machine lacks what the builds take. For tests that start the platform from them.
 */
import { fileURLToPath } from 'node:url';
import { canBuildOffline, OfflineImages } from './offline-images.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const images = (await canBuildOffline(process.env)) ? await (await OfflineImages.of(root, process.env)).built() : null;
process.stdout.write(`${JSON.stringify(images)}\n`);
