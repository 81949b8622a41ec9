import { z } from 'zod';

/** history-service's own part of the environment. */
export const HistoryConfig = z.object({
  /** PKCS#8 PEM of an Ed25519 key that signs checkpoints; without it one lies in `DATA_DIR/keys`. */
  HISTORY_SIGNING_KEY: z.string().optional(),
  /** A checkpoint goes to the database after this many rows, or this long after the first row since the last one. */
  CHECKPOINT_ROWS: z.coerce.number().int().positive().default(100),
  CHECKPOINT_SECONDS: z.coerce.number().positive().max(86_400).default(60),
  /** Between two walks of the whole chain by the service itself, beside those that somebody asks for: `audit_chain_broken`. */
  VERIFY_SECONDS: z.coerce.number().positive().max(86_400).default(21_600),
});
export type HistoryConfig = Readonly<z.infer<typeof HistoryConfig>>;
