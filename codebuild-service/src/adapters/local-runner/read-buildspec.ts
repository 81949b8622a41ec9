/** The buildspec of a build: its text, inline or from the source, and what it says. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import type { Buildspec } from '../../buildspec/buildspec.js';
import { parseBuildspec } from '../../buildspec/parse-buildspec.js';
import type { BuildPlan } from '../../ports/build-engine.js';

/** The text of the buildspec. Throws AppError invalid/`buildspec_missing`. */
export async function readBuildspecText(plan: BuildPlan, folder: string): Promise<string> {
  if ('text' in plan.buildspec) return plan.buildspec.text;
  const { path } = plan.buildspec;
  const missing = (why: string, cause?: unknown): AppError =>
    new AppError('invalid', 'buildspec_missing', `The buildspec ${path} ${why}`, {
      cause,
      fields: [
        {
          field: 'buildspec.path',
          message: `${path} ${why}`,
          mend: 'Commit the file, give its path, or write the buildspec inline',
        },
      ],
    });
  try {
    const root = await realpath(folder);
    const file = await realpath(join(root, path));
    if (!file.startsWith(`${root}/`)) throw missing('lies outside of the source');
    if ((await stat(file)).size > 1_000_000) throw missing('is longer than 1 MB');
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw missing('is not in the source', error);
  }
}

/** Throws AppError invalid/`buildspec_invalid` with every problem and its mend; warnings go to `say`. */
export function checkedBuildspec(text: string, say: (text: string) => void): Buildspec {
  const { buildspec, problems, warnings } = parseBuildspec(text);
  for (const { line, path, message } of warnings) say(`warning: buildspec line ${String(line)}: ${path} ${message}`);
  if (buildspec !== null) return buildspec;
  const fields = problems.map(({ line, path, message, mend }) => ({
    field: path === '' ? 'buildspec' : `buildspec.${path}`,
    message: `line ${String(line)}: ${message}`,
    mend,
  }));
  for (const { field, message } of fields) say(`${field}: ${message}`);
  const [first] = fields;
  throw new AppError(
    'invalid',
    'buildspec_invalid',
    `YAML_FILE_ERROR: ${first?.field ?? ''}: ${first?.message ?? ''}`,
    {
      fields,
    },
  );
}
