import { z } from 'zod';

export const SERVICE_NAMES = ['deployer', 'codebuild', 'history', 'monitor', 'auth', 'infra'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** The ports of services that run on their own. */
export const OWN_PORT: Readonly<Record<ServiceName, number>> = {
  deployer: 5000,
  codebuild: 5001,
  history: 8081,
  monitor: 6000,
  auth: 5002,
  infra: 5003,
};

/** The part of the environment that all services share. Secrets are named here and never printed. */
export const SharedConfig = z.object({
  /** `local`: everything on one machine, loopback, embedded engines. `production`: a service of its own. */
  MODE: z.enum(['local', 'production']).default('production'),
  HOST: z.string().optional(),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z.url({ protocol: /^mysql$/ }).optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Requests a minute for one principal, or one address without one. */
  RATE_LIMIT_PER_MINUTE: z.coerce.number().int().positive().default(600),
  /** How many proxies in front tell the caller's address truly (the ingress: 1). */
  TRUSTED_PROXIES: z.coerce.number().int().min(0).default(0),
  DEPLOYER_URL: z.url().default('http://deployer:5000'),
  CODEBUILD_URL: z.url().default('http://codebuild-service:5001'),
  HISTORY_URL: z.url().default('http://history-service:8081'),
  MONITOR_URL: z.url().default('http://monitor-service:6000'),
  AUTH_URL: z.url().default('http://auth-service:5002'),
  INFRA_URL: z.url().default('http://infra-oneclick:5003'),
  /** Traces go to this collector over OTLP/HTTP (`http://otel-collector.monitoring:4318`); without it there are none. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** PEM; without it the pair lies in `DATA_DIR/keys`. */
  SERVICE_TOKEN_PRIVATE_KEY: z.string().optional(),
  SERVICE_TOKEN_PUBLIC_KEY: z.string().optional(),
});
export type SharedConfig = Readonly<z.infer<typeof SharedConfig>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Parses a part of the environment. Empty values count as unset. Throws naming every bad key and printing no value. */
export function loadConfig<Config extends z.ZodType>(schema: Config, env: Environment, who: string): z.output<Config> {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`);
  throw new Error(`${who} cannot start, its environment is not right:\n${lines.join('\n')}`);
}
