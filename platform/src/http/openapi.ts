import { z } from 'zod';
import { Problem } from '../contracts/wire.js';
import type { Route } from './define-route.js';

/** OpenAPI 3.1 of a service, from its routes: zod speaks the JSON Schema that 3.1 uses. Internal routes are left out. */
export function openApi(service: string, version: string, routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    if (route.access === 'internal') continue;
    const path = route.path.replace(/:(\w+)/g, '{$1}').replace(/\/\*(\w+)/g, '/{$1}');
    (paths[path] ??= {})[route.method] = operation(service, route);
  }
  return {
    openapi: '3.1.0',
    info: { title: `AWS Deployer: ${service}`, version, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas: { Problem: schema(Problem, 'output') },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An access token of login, or an API token' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'aws_deployer_session',
          description: 'Writes also need X-CSRF-Token',
        },
      },
    },
    security: [{ bearer: [] }, { session: [] }],
  };
}

function operation(service: string, route: Route): Record<string, unknown> {
  const body =
    route.rawBody === true
      ? { requestBody: { required: true, content: { 'application/octet-stream': {} } } }
      : route.body === undefined
        ? {}
        : { requestBody: { required: true, content: { 'application/json': { schema: schema(route.body, 'input') } } } };
  return {
    operationId: route.operationId,
    summary: route.summary,
    tags: [route.path.split('/').find((part) => part !== '' && part !== 'api' && part !== 'v1') ?? service],
    ...(route.access === 'public' ? { security: [] } : {}),
    ...(route.access === 'public' || route.access === 'authenticated'
      ? {}
      : { description: `Needs the permission \`${route.access}\`.` }),
    parameters: [...parameters(route, 'path'), ...parameters(route, 'query'), ...idempotencyKey(route)],
    ...body,
    responses: {
      ...Object.fromEntries(Object.entries(route.responses).map(([status, content]) => [status, answer(content)])),
      default: {
        description: 'A problem (RFC 9457)',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
}

function parameters(route: Route, where: 'path' | 'query'): Record<string, unknown>[] {
  const shape = where === 'path' ? route.params : route.query;
  if (where === 'path' && shape === undefined)
    return [...route.path.matchAll(/[:*](\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    }));
  if (shape === undefined) return [];
  const { properties = {}, required = [] } = schema(shape, 'input') as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}

const idempotencyKey = (route: Route): Record<string, unknown>[] =>
  (route.idempotent ?? (route.method === 'post' && route.action !== undefined))
    ? [
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          schema: { type: 'string', maxLength: 200 },
          description: 'The same key with the same body gets the first answer again, for 24 hours',
        },
      ]
    : [];

const MEDIA = { sse: 'text/event-stream', html: 'text/html', text: 'text/plain' } as const;
function answer(content: Route['responses'][number] | undefined): Record<string, unknown> {
  if (content === null || content === undefined) return { description: 'Done' };
  if (typeof content === 'string')
    return { description: 'Done', content: { [MEDIA[content]]: { schema: { type: 'string' } } } };
  return { description: 'Done', content: { 'application/json': { schema: schema(content, 'output') } } };
}

function schema(type: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...json } = z.toJSONSchema(type, { io, unrepresentable: 'any' });
  return json;
}
