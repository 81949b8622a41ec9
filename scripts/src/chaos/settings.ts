/** What `npm run chaos` is asked for: `--kills N [--seed S] [--replicas 1|2] [--database sqlite|mysql] [--outages]`. */
import { parseArgs } from 'node:util';
import { z } from 'zod';

const Settings = z
  .strictObject({
    /** How many processes are ended by SIGKILL. */
    kills: z.coerce.number().int().min(1).max(100_000).default(200),
    /** The same seed makes the same choices. */
    seed: z.coerce.number().int().min(0).max(4_294_967_295),
    replicas: z.coerce
      .number()
      .pipe(z.union([z.literal(1), z.literal(2)]))
      .default(1),
    database: z.enum(['sqlite', 'mysql']),
    /** The cluster with its registry, and the services beside the deployer, are killed too and stay away for seconds. */
    outages: z.boolean().default(false),
  })
  .refine(({ replicas, database }) => replicas === 1 || database === 'mysql', {
    path: ['database'],
    message: 'two replicas need --database mysql: a SQLite file belongs to one process',
  });
export type ChaosSettings = z.infer<typeof Settings>;

/** `mysqlUrl`: an account that may create. Throws with every argument that is wrong. */
export function readSettings(argv: readonly string[], mysqlUrl: string | undefined): ChaosSettings {
  const option = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...argv],
    options: { kills: option, seed: option, replicas: option, database: option, outages: { type: 'boolean' } },
  });
  const parsed = Settings.safeParse({
    seed: Math.floor(Math.random() * 1_000_000),
    database: values.replicas === '2' ? 'mysql' : mysqlUrl === undefined ? 'sqlite' : 'mysql',
    ...values,
  });
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  if (parsed.data.database === 'mysql' && mysqlUrl === undefined)
    throw new Error('there is no MariaDB on this machine (Debian package mariadb-server); use --database sqlite');
  return parsed.data;
}
