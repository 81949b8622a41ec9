/** The deployer's own part of the environment. Units are in the names; secrets are named here and never printed. */
import { EngineView } from '@aws-deployer/platform/contracts/applications';
import { toolVariables } from '@aws-deployer/platform/runtime/tool-environment';
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
