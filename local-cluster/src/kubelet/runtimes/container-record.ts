/** What is remembered of a container of host processes, beside its pod's folder, so that the next run of this program finds it. */
import { z } from 'zod';

export const ContainerRecord = z.object({
  name: z.string(),
  attempt: z.number(),
  imageId: z.string().optional(),
  pid: z.number(),
  startTicks: z.string(),
  bootId: z.string(),
  startedAt: z.string(),
  ports: z.record(z.string(), z.number()),
  port: z.number(),
  root: z.string(),
  cwd: z.string(),
  logFile: z.string(),
  memoryLimitBytes: z.number().optional(),
});
export type ContainerRecord = z.infer<typeof ContainerRecord>;

/** Sends a signal; a process that has ended already, or was never ours, is no failure. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
