/** `/api/v1/images`, and the internal route that hands the deployer its logins. Names of repositories are in the query or the body. */
import {
  CreateRepositoryBody,
  DeletedImagesView,
  DeleteImagesBody,
  DeleteRepositoryQuery,
  FindingsQuery,
  FindingsView,
  ImageRepositoryView,
  ImagesQuery,
  ImageView,
  LifecyclePolicyBody,
  LifecyclePolicyView,
  RegistryTokenBody,
  RegistryTokenView,
  RepositoriesQuery,
  RepositoryQuery,
  StartedScanView,
  StartScanBody,
} from '@aws-deployer/platform/contracts/images';
import { pageOf } from '@aws-deployer/platform/contracts/wire';
import { defineRoute, type Route } from '@aws-deployer/platform/http/define-route';
import type { ImageService } from './image-service.js';
import type { ImageTokens } from './image-tokens.js';

const targetType = 'image_repository';

export const imageRoutes = (images: ImageService, tokens: ImageTokens): Route[] => [
  defineRoute({
    method: 'get',
    path: '/api/v1/images/repositories',
    operationId: 'listImageRepositories',
    summary: 'Image repositories of an account in a region',
    access: 'aws:read',
    query: RepositoriesQuery,
    responses: { 200: pageOf(ImageRepositoryView) },
    handler: async ({ query, signal }) => ({ status: 200, body: await images.list(query, signal) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/images/repositories',
    operationId: 'createImageRepository',
    summary: 'Make an image repository; the first push of an image makes it as well',
    access: 'aws:write',
    action: { type: 'image_repository.create', targetType },
    body: CreateRepositoryBody,
    responses: { 201: ImageRepositoryView },
    handler: async ({ body, origin, signal }) => {
      const view = await images.create(body, origin, signal);
      const place = new URLSearchParams({ repository: view.name, account: view.account, region: view.region });
      return { status: 201, body: view, headers: { location: `/api/v1/images/repository?${place.toString()}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/images/repository',
    operationId: 'getImageRepository',
    summary: 'One image repository',
    access: 'aws:read',
    query: RepositoryQuery,
    responses: { 200: ImageRepositoryView },
    handler: async ({ query, signal }) => ({ status: 200, body: await images.get(query, signal) }),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/v1/images/repository',
    operationId: 'deleteImageRepository',
    summary: 'Remove an image repository; never one of which an image runs',
    access: 'aws:write',
    action: { type: 'image_repository.delete', targetType },
    query: DeleteRepositoryQuery,
    responses: { 204: null },
    handler: async ({ query, origin, signal }) => {
      await images.remove(query, origin, signal);
      return { status: 204 };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/images',
    operationId: 'listImages',
    summary: 'Images of a repository, the newest first, with their scans and where they run',
    access: 'aws:read',
    query: ImagesQuery,
    responses: { 200: pageOf(ImageView) },
    handler: async ({ query, signal }) => ({ status: 200, body: await images.images(query, signal) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/images/delete',
    operationId: 'deleteImages',
    summary: 'Delete images; what runs stays, and nothing is deleted while nobody knows what runs',
    access: 'aws:write',
    action: { type: 'image.delete', targetType },
    body: DeleteImagesBody,
    responses: { 200: DeletedImagesView },
    handler: async ({ body, origin, signal }) => ({
      status: 200,
      body: await images.removeImages(body, origin, signal),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/images/findings',
    operationId: 'getImageFindings',
    summary: 'What the scan of an image found, the gravest first',
    access: 'aws:read',
    query: FindingsQuery,
    responses: { 200: FindingsView },
    handler: async ({ query, signal }) => ({ status: 200, body: await images.findings(query, signal) }),
  }),
  defineRoute({
    method: 'post',
    path: '/api/v1/images/scan',
    operationId: 'scanImage',
    summary: 'Scan an image; AWS allows one scan of an image a day',
    access: 'aws:write',
    action: { type: 'image.scan', targetType },
    body: StartScanBody,
    responses: { 202: StartedScanView },
    handler: async ({ body, origin, signal }) => ({ status: 202, body: await images.startScan(body, origin, signal) }),
  }),
  defineRoute({
    method: 'get',
    path: '/api/v1/images/lifecycle',
    operationId: 'getImageLifecycle',
    summary: 'When images of a repository are removed by themselves',
    access: 'aws:read',
    query: RepositoryQuery,
    responses: { 200: LifecyclePolicyView },
    handler: async ({ query, signal }) => ({ status: 200, body: await images.lifecycle(query, signal) }),
  }),
  defineRoute({
    method: 'put',
    path: '/api/v1/images/lifecycle',
    operationId: 'putImageLifecycle',
    summary: 'Set the rules of removal; rules of AWS that have no words here are kept',
    access: 'aws:write',
    action: { type: 'image_repository.lifecycle', targetType },
    body: LifecyclePolicyBody,
    responses: { 200: LifecyclePolicyView },
    handler: async ({ body, origin, signal }) => ({
      status: 200,
      body: await images.setLifecycle(body, origin, signal),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/internal/v1/registry-tokens',
    operationId: 'issueRegistryToken',
    summary: 'A login for a registry of ECR; with push its repository is made when it is missing',
    access: 'internal',
    body: RegistryTokenBody,
    responses: { 200: RegistryTokenView },
    handler: async ({ body, origin, signal }) => ({
      status: 200,
      body: await tokens.forRegistry(body, origin, signal),
    }),
  }),
];
