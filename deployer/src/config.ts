/** The deployer's own part of the environment. Units are in the names; secrets are named here and never printed. */
import { EngineView } from '@aws-deployer/platform/contracts/applications';
import { z } from 'zod';

const base64Key = z
  .base64()
  .refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes in base64')
  .transform((text) => Buffer.from(text, 'base64'));
const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/** What git, the builders and their tools take from the environment: where programs are, proxies, certificates, the engine. */
const TOOL_VARIABLES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
  'NODE_EXTRA_CA_CERTS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
] as const;
const toolVariables = Object.fromEntries(TOOL_VARIABLES.map((name) => [name, z.string().optional()])) as Record<
  (typeof TOOL_VARIABLES)[number],
  z.ZodOptional<z.ZodString>
>;

export const DeployerConfig = z.object({
  ...toolVariables,
  /** Repeats the shared setting: what is allowed as a source depends on it. */
  MODE: z.enum(['local', 'production']).default('production'),
  DATA_DIR: z.string().default('.data'),
  /** The embedded one-machine cluster, plain HTTP. Unset: KUBECONFIG, else the pod's own account. */
  CLUSTER_URL: z.url().optional(),
  KUBECONFIG: z.string().optional(),
  /** Where the embedded cluster answers for route hosts. */
  GATEWAY_URL: z.url().optional(),
  /** host:port of the registry that comes with the platform. */
  EMBEDDED_REGISTRY: z.string().optional(),
  /** Set when a Docker Engine is to build; without it Dockerfiles are carried out on this machine. */
  DOCKER_HOST: z.string().optional(),
  /** 32 bytes in base64; without it a key is made in `DATA_DIR/keys` on first use. */
  SECRETS_KEY: base64Key.optional(),
  /** Hosts of Git repositories that are open although they lie in a private network. */
  GIT_ALLOWED_HOSTS: list,
  /** How many deployments this process works on at once; the others wait. */
  CONCURRENT_DEPLOYMENTS: z.coerce.number().int().min(1).max(2_000).default(20),
  LEASE_SECONDS: z.coerce.number().positive().default(10),
  HEARTBEAT_SECONDS: z.coerce.number().positive().default(3),
  /** How often free deployments of other processes are looked for; one's own wake the runner at once. */
  CLAIM_SECONDS: z.coerce.number().positive().default(2),
  /** Folder of the one-click sample, or the folder that holds it as `hello-node`. */
  SAMPLE_DIR: z.string().optional(),
  /** What the start picked for each port of the outside world, as JSON. */
  ENGINES: z
    .string()
    .default('[]')
    .transform((text) => JSON.parse(text) as unknown)
    .pipe(z.array(EngineView)),
});
export type DeployerConfig = Readonly<z.infer<typeof DeployerConfig>>;

/** The environment of the tools: nothing else of ours reaches them. */
export const toolEnvironment = (config: DeployerConfig): Record<string, string | undefined> => ({
  ...Object.fromEntries(TOOL_VARIABLES.map((name) => [name, config[name]])),
  ...(config.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: config.DOCKER_HOST }),
});
