/**
 * What Infracost says a plan costs, where that program is installed. It reads the plan's JSON from a file for the owner alone,
 * which is removed at once: it holds secrets in the clear.
 */
import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CostView } from '@aws-deployer/platform/contracts/infra';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { z } from 'zod';

/** Dollars as text; null: charged by use alone. Of `infracost breakdown --format json`, version 0.2. */
const Dollars = z.coerce.number().nullable().default(null);
/** Without a sum it is no estimate: an empty answer must not be read as nothing to pay. */
const Sum = z.union([z.string().min(1), z.number()]).pipe(z.coerce.number());
const Breakdown = z.object({
  currency: z.string().default('USD'),
  timeGenerated: z.string().default(''),
  totalMonthlyCost: Sum,
  pastTotalMonthlyCost: Dollars,
  projects: z
    .array(
      z.object({
        breakdown: z.object({
          resources: z
            .array(z.object({ name: z.string(), resourceType: z.string().optional(), monthlyCost: Dollars }))
            .nullable()
            .default([]),
        }),
      }),
    )
    .default([]),
  summary: z.object({ unsupportedResourceCounts: z.record(z.string(), z.number()).nullable().default({}) }).optional(),
});
const MOST_BYTES = 64 * 1024 * 1024;

export class Infracost {
  constructor(
    private readonly program: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly withinMs: number,
  ) {}

  /** undefined: it is not installed. Throws unavailable/`infracost_failed`. */
  async estimate(planText: string, folder: string, region: string, signal: AbortSignal): Promise<CostView | undefined> {
    const file = join(folder, 'infracost-plan.json');
    try {
      await writeFile(file, planText, { mode: 0o600 });
      const args = ['breakdown', '--path', file, '--format', 'json', '--no-color', '--log-level', 'error'];
      const { stdout } = await promisify(execFile)(this.program, args, {
        cwd: folder,
        env: { ...this.env, INFRACOST_SKIP_UPDATE_CHECK: 'true', INFRACOST_CURRENCY: 'USD' },
        timeout: this.withinMs,
        killSignal: 'SIGKILL',
        maxBuffer: MOST_BYTES,
        signal,
      });
      return viewOf(Breakdown.parse(JSON.parse(stdout)), region);
    } catch (error) {
      const { code, killed } = error as { code?: string | number; killed?: boolean };
      if (code === 'ENOENT') return undefined;
      if (signal.aborted || error instanceof AppError) throw error;
      const why =
        killed === true
          ? `no answer within ${this.withinMs / 1_000} s`
          : typeof code === 'number'
            ? `exit code ${code}`
            : (code ?? 'no answer that is known here');
      // Without its words: they may repeat the plan.
      throw new AppError('unavailable', 'infracost_failed', `Infracost gave no estimate (${why})`);
    } finally {
      await rm(file, { force: true });
    }
  }
}

function viewOf({ timeGenerated, ...read }: z.output<typeof Breakdown>, region: string): CostView {
  if (read.currency !== 'USD')
    throw new AppError('unavailable', 'infracost_failed', `Infracost answered in ${read.currency}, not in USD`);
  const resources = read.projects.flatMap(({ breakdown }) => breakdown.resources ?? []);
  return {
    currency: 'USD',
    region,
    source: 'infracost',
    instead_of: null,
    prices_of: timeGenerated.slice(0, 10),
    price_checks: null,
    monthly_before: read.pastTotalMonthlyCost ?? 0,
    monthly_after: read.totalMonthlyCost,
    items: resources.map(({ name, resourceType, monthlyCost }) => ({
      address: name,
      type: resourceType ?? /(?:^|\.)([a-z0-9_]+)\.[^.]+$/.exec(name)?.[1] ?? '',
      monthly: monthlyCost ?? 0,
      note: monthlyCost === null ? 'charged by use' : '',
      checked: null,
    })),
    unknown: Object.entries(read.summary?.unsupportedResourceCounts ?? {}).map(([type, count]) => `${count} × ${type}`),
  };
}
