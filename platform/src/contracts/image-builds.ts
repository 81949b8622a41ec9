import { z } from 'zod';
import { BuildLogLine, BuildStatus, BuildFailure, GateResult } from './builds.js';
import { QualityGates } from './build-projects.js';
import { Id, ImageTag } from './wire.js';

/** Between deployer and codebuild-service: build an image with the build engine. Internal, by service token only. */
export const ImageBuildContext = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('git'),
    repo_url: z.string().max(2000),
    commit: z.string().max(64),
    folder: z.string().max(500).default('.'),
  }),
  z.strictObject({ type: z.literal('upload'), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
]);
export const CreateImageBuildBody = z.strictObject({
  key: z.string().min(1).max(100).describe('Same key, same build'),
  application: z.string().max(63),
  account: z.string().max(63).optional(),
  context: ImageBuildContext,
  dockerfile: z.string().max(500).describe('Relative to the context'),
  build_args: z.record(z.string(), z.string()).default({}),
  image: z.strictObject({
    repository: z.string().min(1).max(500).describe('With the registry’s host: 127.0.0.1:5001/shop'),
    tag: ImageTag,
    username: z.string().max(200).optional(),
    password: z.string().max(5000).optional(),
  }),
  quality_gates: QualityGates.prefault({}),
});
export type CreateImageBuildBody = z.infer<typeof CreateImageBuildBody>;
export const ImageBuildView = z.object({
  key: z.string(),
  build_id: Id,
  project: z.string(),
  status: BuildStatus,
  status_reason: z.string(),
  failure: BuildFailure.nullable(),
  gates: z.array(GateResult),
  image: z.string().nullable(),
  digest: z.string().nullable(),
  exposed_port: z.number().int().nullable(),
  runtime: z.enum(['container', 'host']).nullable(),
  base_substituted: z.string().nullable(),
});
export type ImageBuildView = z.infer<typeof ImageBuildView>;
/** `GET /internal/v1/image-builds/{key}/log?after=`: lines after that row, at most 1,000. */
export const ImageBuildLogView = z.object({
  lines: z.array(BuildLogLine.extend({ seq: z.number().int() })),
  ended: z.boolean(),
});
export const UploadView = z.object({ sha256: z.string(), size_bytes: z.number().int() });
