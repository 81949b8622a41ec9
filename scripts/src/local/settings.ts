/** What `npm start` reads from its environment; `npm start -- --help` lists the same names. Ports are TCP on loopback. */
import { resolve } from 'node:path';
import { loadConfig, type Environment } from '@aws-deployer/platform/runtime/config';
import { z } from 'zod';

const Port = z.coerce.number().int().min(1).max(65_535);
const Settings = z.object({
  PORT: Port.default(8080),
  HOST: z.string().default('127.0.0.1'),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z.url({ protocol: /^mysql$/, error: 'must be mysql://user:password@host:port' }).optional(),
  KUBECONFIG: z.string().optional(),
  LOCAL_CLUSTER_PORT: Port.default(6443),
  LOCAL_REGISTRY_PORT: Port.optional(),
  LOCAL_GATEWAY_PORT: Port.optional(),
  DOCKER_HOST: z.string().optional(),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
});
/** Their names, for the help. */
export const SETTINGS = Object.keys(Settings.shape);
export type Settings = Readonly<z.infer<typeof Settings>>;

/** Throws naming every bad variable. `DATA_DIR` comes back absolute. */
export function loadSettings(env: Environment): Settings {
  const settings = loadConfig(Settings, env, 'the platform');
  return { ...settings, DATA_DIR: resolve(settings.DATA_DIR) };
}
