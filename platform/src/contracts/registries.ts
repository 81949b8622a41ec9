import { z } from 'zod';
import { DnsLabel, Id, Instant } from './wire.js';

export const RegistryView = z.object({
  id: Id,
  name: z.string(),
  url: z.string(),
  username: z.string().nullable(),
  is_default: z.boolean(),
  embedded: z.boolean(),
  created_at: Instant,
});
export type RegistryView = z.infer<typeof RegistryView>;
export const CreateRegistryBody = z.strictObject({
  name: DnsLabel,
  url: z.string().min(1).max(500).describe('https://host[:port][/prefix]; http only for loopback'),
  username: z.string().max(200).optional(),
  password: z.string().max(5000).optional(),
  is_default: z.boolean().default(false),
});
export const UpdateRegistryBody = CreateRegistryBody.omit({ name: true }).partial();

export const SecretType = z.enum(['opaque', 'git_token', 'ssh_key', 'registry']);
export const CreateSecretBody = z.strictObject({
  name: DnsLabel,
  type: SecretType.default('opaque'),
  environment: DnsLabel.optional().describe('Absent: for every environment'),
  /** Opaque: environment variables of the workload. git_token: username?, token. ssh_key: private_key, known_hosts?. registry: username, password. */
  values: z.record(
    z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/)
      .max(253),
    z.string().max(100_000),
  ),
});
export const UpdateSecretBody = CreateSecretBody.pick({ values: true });
/** Values never leave the deployer; only the names of the keys do. */
export const SecretView = z.object({
  id: Id,
  name: z.string(),
  type: SecretType,
  environment: z.string().nullable(),
  keys: z.array(z.string()),
  version: z.number().int(),
  created_by: z.string(),
  created_at: Instant,
  updated_at: Instant,
});
export type SecretView = z.infer<typeof SecretView>;
