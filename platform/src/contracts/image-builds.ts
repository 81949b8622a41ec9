import { z } from 'zod';
import { BuildLogLine, BuildStatus, BuildFailure, GateResult } from './builds.js';
import { Id, ImageTag } from './wire.js';

/** Between deployer and codebuild-service: build an image with the build engine. Internal, by service token only. */
export const CreateImageBuildBody = z.strictObject({
  key: z.string().min(1).max(100).describe('Same key, same build'),
  application: z.string().max(63),
  account: z.string().max(63).optional(),
  context: z
    .strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) })
    .describe('A tar that was put to /internal/v1/uploads: the very files that the deployer has checked'),
  dockerfile: z.string().max(500).describe('Relative to the context'),
  build_args: z.record(z.string(), z.string()).default({}),
  image: z.strictObject({
    repository: z.string().min(1).max(500).describe('With the registry’s host: 127.0.0.1:5001/shop'),
    tag: ImageTag,
    username: z.string().max(200).optional(),
    password: z.string().max(5000).optional(),
  }),
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
  base_substituted: z.string().nullable(),
});
export type ImageBuildView = z.infer<typeof ImageBuildView>;
/** `GET /internal/v1/image-builds/{key}/log?after=`: lines after that row, at most 1,000. */
export const ImageBuildLogView = z.object({
  lines: z.array(BuildLogLine.extend({ seq: z.number().int() })),
  ended: z.boolean(),
});
export type ImageBuildLogView = z.infer<typeof ImageBuildLogView>;
export const UploadView = z.object({ sha256: z.string(), size_bytes: z.number().int() });
/** `GET /internal/v1/builds/{id}/image`: what a build made and whether its gates let it be deployed. */
export const BuiltImageView = z.object({
  build_id: Id,
  project: z.string(),
  number: z.number().int(),
  status: BuildStatus,
  image: z.string().nullable(),
  digest: z.string().nullable(),
  gates: z.array(GateResult),
});
export type BuiltImageView = z.infer<typeof BuiltImageView>;
