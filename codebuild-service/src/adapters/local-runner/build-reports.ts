/** Test and coverage reports of a build: their files are kept as the build wrote them, and read when they are asked for. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildReportView } from '@aws-deployer/platform/contracts/builds';
import type { Buildspec } from '../../buildspec/buildspec.js';
import { readReport } from '../../reports/read-report.js';
import { collectFiles } from './collect-files.js';
import type { Workplace } from './workplace.js';

const MOST_FILES = 5_000;
const MOST_BYTES = 256 * 1024 ** 2;
interface KeptReport {
  readonly group: string;
  readonly format: string;
  readonly files: readonly string[];
}

/** A group without files is kept as such: its report says so. Throws AppError invalid as collectFiles. */
export async function keepReports(
  place: Workplace,
  buildspec: Buildspec,
  folder: string,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const kept: KeptReport[] = [];
  for (const [index, report] of buildspec.reports.entries()) {
    const { files } = await collectFiles(
      place,
      {
        files: report.files,
        baseDirectory: report.baseDirectory,
        excludePaths: [],
        discardPaths: report.discardPaths,
        into: join(folder, String(index)),
        mostFiles: MOST_FILES,
        mostBytes: MOST_BYTES,
        say,
      },
      signal,
    );
    say(`Report ${report.group} (${report.format}): ${String(files.length)} file(s)`);
    kept.push({ group: report.group, format: report.format, files: files.map(({ path }) => path) });
  }
  if (kept.length === 0) return;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.json'), JSON.stringify(kept));
}

export async function readReports(folder: string): Promise<readonly BuildReportView[]> {
  const index = await readFile(join(folder, 'index.json'), 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '[]';
    throw error;
  });
  return Promise.all(
    (JSON.parse(index) as KeptReport[]).map(async ({ group, format, files }, position) =>
      readReport(
        group,
        format,
        await Promise.all(
          files.map(async (path) => ({ path, text: await readFile(join(folder, String(position), path), 'utf8') })),
        ),
      ),
    ),
  );
}
