import { z } from 'zod';

/** auth-service's own part of the environment. */
export const AuthConfig = z.object({
  /** The first admin's password, taken at the first start and ignored later (so its length is checked only then). */
  ADMIN_PASSWORD: z.string().optional(),
  SESSION_HOURS: z.coerce.number().positive().max(720).default(12),
});
export type AuthConfig = Readonly<z.infer<typeof AuthConfig>>;
