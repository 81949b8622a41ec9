/** The text of a Dockerfile. Throws AppError invalid/`dockerfile_missing` with the field and the mend. */
import { readFile } from 'node:fs/promises';
import { AppError } from '@aws-deployer/platform/errors/app-error';

export async function readDockerfile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('invalid', 'dockerfile_missing', 'There is no Dockerfile at this path', {
      cause,
      fields: [
        {
          field: 'source.dockerfile',
          message: 'there is no Dockerfile at this path',
          mend: 'Name its path below source.context, or add a Dockerfile to the repository',
        },
      ],
    });
  }
}
