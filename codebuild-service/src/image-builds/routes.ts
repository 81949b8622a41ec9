/** What the deployer asks for, by service token: uploads, image builds, and what a build made. */
import {
  BuiltImageView,
  CreateImageBuildBody,
  ImageBuildLogView,
  ImageBuildView,
  UploadView,
} from '@aws-deployer/platform/contracts/image-builds';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import { z } from 'zod';
import type { ImageBuildService } from './image-build-service.js';
import type { UploadStore } from './upload-store.js';

const key = z.strictObject({ key: z.string().min(1).max(100) });
const MOST_BYTES = 2 * 1024 ** 3;

export const imageBuildRoutes = (imageBuilds: ImageBuildService, uploads: UploadStore): Route[] => [
  defineRoute({
    method: 'put',
    path: '/internal/v1/uploads/:sha256',
    operationId: 'putUpload',
    summary: 'Keep a tar for a day; the same bytes are kept once',
    access: 'internal',
    params: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
    rawBody: true,
    bodyLimit: MOST_BYTES,
    responses: { 200: UploadView },
    handler: async ({ params: { sha256 }, raw }) => ({
      status: 200,
      body: { sha256, size_bytes: await uploads.put(sha256, raw) },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/internal/v1/image-builds',
    operationId: 'createImageBuild',
    summary: 'Build and push an image; the same key is the same build',
    access: 'internal',
    body: CreateImageBuildBody,
    responses: { 202: ImageBuildView },
    handler: async ({ body, origin }) => ({ status: 202, body: await imageBuilds.create(body, origin) }),
  }),
  defineRoute({
    method: 'get',
    path: '/internal/v1/image-builds/:key',
    operationId: 'getImageBuild',
    summary: 'How an image build stands',
    access: 'internal',
    params: key,
    responses: { 200: ImageBuildView },
    handler: async ({ params }) => ({ status: 200, body: await imageBuilds.view(params.key) }),
  }),
  defineRoute({
    method: 'get',
    path: '/internal/v1/image-builds/:key/log',
    operationId: 'readImageBuildLog',
    summary: 'Its log after a line',
    access: 'internal',
    params: key,
    query: z.strictObject({ after: z.coerce.number().int().min(0).default(0) }),
    responses: { 200: ImageBuildLogView },
    handler: async ({ params, query }) => ({ status: 200, body: await imageBuilds.log(params.key, query.after) }),
  }),
  defineRoute({
    method: 'post',
    path: '/internal/v1/image-builds/:key/stop',
    operationId: 'stopImageBuild',
    summary: 'End it',
    access: 'internal',
    params: key,
    responses: { 200: ImageBuildView },
    handler: async ({ params, origin }) => ({ status: 200, body: await imageBuilds.stop(params.key, origin) }),
  }),
  defineRoute({
    method: 'get',
    path: '/internal/v1/builds/:id/image',
    operationId: 'getBuiltImage',
    summary: 'What a build made, and what its gates said',
    access: 'internal',
    params: z.strictObject({ id: z.string().min(1).max(36) }),
    responses: { 200: BuiltImageView },
    handler: async ({ params: { id } }) => ({ status: 200, body: await imageBuilds.builtImage(id) }),
  }),
];
