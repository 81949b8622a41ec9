/**
 * The documents of an image, as the OCI image specification and Docker's schema 2 write them: an index of manifests, a
 * manifest of layers, a configuration. Only what this platform reads is checked; every other field is kept.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../errors/app-error.js';

export const MEDIA_TYPE = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  ociLayerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
} as const;
export const INDEX_TYPES: readonly string[] = [MEDIA_TYPE.ociIndex, MEDIA_TYPE.dockerIndex];
/** `Accept` of a manifest request: every kind this client can read. */
export const MANIFEST_ACCEPT = [
  MEDIA_TYPE.ociManifest,
  MEDIA_TYPE.ociIndex,
  MEDIA_TYPE.dockerManifest,
  MEDIA_TYPE.dockerIndex,
].join(', ');
/** The annotation that marks an image of the host builder: its root runs as host processes, not in a container. */
export const RUNTIME_ANNOTATION = 'runtime';

export const Descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: z.looseObject({ architecture: z.string(), os: z.string(), variant: z.string().optional() }).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

export const ImageManifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  config: Descriptor,
  layers: z.array(Descriptor),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

export const ImageIndex = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  manifests: z.array(Descriptor),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type ImageIndex = z.infer<typeof ImageIndex>;

const Strings = z.array(z.string()).nullish();
/** The `config` object inside the configuration: how a container of the image starts. Docker writes null for "none". */
export const RunConfig = z.looseObject({
  Env: Strings,
  Entrypoint: Strings,
  Cmd: Strings,
  WorkingDir: z.string().nullish(),
  User: z.string().nullish(),
  ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  Labels: z.record(z.string(), z.string()).nullish(),
  StopSignal: z.string().nullish(),
});
export type RunConfig = z.infer<typeof RunConfig>;
export const ImageConfig = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  created: z.string().optional(),
  config: RunConfig.nullish(),
  rootfs: z.looseObject({ type: z.string(), diff_ids: z.array(z.string()) }),
});
export type ImageConfig = z.infer<typeof ImageConfig>;

export const sha256Digest = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Reads one of the documents above; `what` names it in the error (unavailable/`registry_answer_invalid`). */
export function parseDocument<T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string): T {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    throw new AppError('unavailable', 'registry_answer_invalid', `The registry answered ${what} that is not JSON`, {
      cause,
    });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'unavailable',
    'registry_answer_invalid',
    `The registry answered ${what} of an unknown shape: ${z.prettifyError(parsed.error)}`,
  );
}

/**
 * The number of the user that an image names (`1000`, `1000:1000`): no user is root. Undefined: a name, whose number only the
 * image's files know. A cluster that must not run anything as root takes numbers only.
 */
export function userNumber(user: string | null | undefined): number | undefined {
  const name = (user ?? '').split(':')[0] ?? '';
  if (name === '' || name === 'root') return 0;
  return /^\d+$/.test(name) ? Number(name) : undefined;
}

/**
 * The port a configuration exposes, lowest first: the order of EXPOSE lines is lost in an image. Undefined: none (UDP
 * ports do not count).
 */
export function firstExposedPort(config: RunConfig | null | undefined): number | undefined {
  const ports = Object.keys(config?.ExposedPorts ?? {})
    .filter((port) => !port.endsWith('/udp') && !port.endsWith('/sctp'))
    .map((port) => Number.parseInt(port, 10))
    .filter((port) => port > 0 && port < 65_536);
  return ports.length === 0 ? undefined : Math.min(...ports);
}
