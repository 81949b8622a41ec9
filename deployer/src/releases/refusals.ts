/** Why a release is not found, not restored or not deployed: in one wording everywhere. */
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { BadMark, Release } from './release.js';

export const releaseNotFound = (application: string, release: string): AppError =>
  new AppError('not_found', 'release_not_found', `${application} has no release ${release}`);

/** Who does not consent is told what is wrong with it, and how to go on all the same. */
export const markedBad = ({ number, environment }: Pick<Release, 'number' | 'environment'>, mark: BadMark): AppError =>
  new AppError(
    'conflict',
    'release_marked_bad',
    `Release ${number} in ${environment} was marked bad by ${mark.by}: ${mark.reason}`,
    {
      fields: [
        {
          field: 'accept_bad_release',
          message: 'is not set, and this release or its image was marked bad',
          mend: 'deploy another version, take the mark away, or set accept_bad_release to true if it should run all the same',
        },
      ],
    },
  );

/** Its row is still there, what could be restored is not. */
export const bundleRemoved = ({ number, environment, bundleRemovedAt }: Release): AppError =>
  new AppError(
    'conflict',
    'bundle_removed',
    `The bundle of release ${number} was removed at ${String(bundleRemovedAt)} by the retention of ${environment}: deploy its source again`,
  );
