import { z } from 'zod';

/** monitor-service's own part of the environment. */
export const MonitorConfig = z.object({
  /** How often every service is asked for its health. */
  HEALTH_POLL_SECONDS: z.coerce.number().positive().max(3600).default(10),
});
export type MonitorConfig = Readonly<z.infer<typeof MonitorConfig>>;
