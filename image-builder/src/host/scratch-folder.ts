/** The name of the scratch folder of a build: the same for the same key, so that whoever knows the key finds what a killed process left. Pure. */
import { createHash } from 'node:crypto';

export const scratchFolderOf = (key: string): string =>
  `build-${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
