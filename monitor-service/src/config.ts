import { z } from 'zod';

/** monitor-service's own part of the environment. */
export const MonitorConfig = z.object({
  /** How often every service is asked for its health. */
  HEALTH_POLL_SECONDS: z.coerce.number().positive().max(3600).default(10),
  /** What Alertmanager proves itself with (`credentials_file`); unset: it is not let in. */
  ALERTMANAGER_TOKEN: z.string().min(16).optional(),
});
export type MonitorConfig = Readonly<z.infer<typeof MonitorConfig>>;
