import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendJson } from './api-call.js';
import {
  AGGREGATED,
  aggregated,
  coreVersions,
  groupList,
  groupOf,
  resourceList,
  rootPaths,
  VERSION_INFO,
} from './discovery.js';
import { sendOpenApi } from './openapi-documents.js';

/** Everything that is not a resource. True when it was answered. */
export const answerDiscovery = (
  { pathname, searchParams }: URL,
  request: IncomingMessage,
  response: ServerResponse,
): boolean => {
  const path = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  const send = (body: object | undefined, contentType?: string): boolean => {
    if (body === undefined) return false;
    sendJson({ response, warnings: [] }, 200, body, contentType);
    return true;
  };
  if (path.startsWith('/openapi/v3')) return sendOpenApi(path, request, response);
  const wantsAggregated =
    (request.headers.accept ?? '').includes('as=APIGroupDiscoveryList') &&
    (request.headers.accept ?? '').includes('v=v2');
  switch (path) {
    case '/version':
      return send(VERSION_INFO);
    case '/api':
      return wantsAggregated
        ? send(aggregated(true), AGGREGATED)
        : send(coreVersions(request.headers.host ?? '127.0.0.1'));
    case '/apis':
      return wantsAggregated ? send(aggregated(false), AGGREGATED) : send(groupList());
    case '/healthz':
    case '/livez':
    case '/readyz':
      response
        .writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
        .end(searchParams.has('verbose') ? `[+]ping ok\n[+]store ok\n${path.slice(1)} check passed\n` : 'ok');
      return true;
    case '/':
      return send({ paths: rootPaths() });
    default: {
      const core = /^\/api\/(v\d+)$/.exec(path);
      if (core?.[1] !== undefined) return send(resourceList('', core[1]));
      const group = /^\/apis\/([^/]+)(?:\/(v[^/]+))?$/.exec(path);
      if (group?.[1] === undefined) return false;
      return send(group[2] === undefined ? groupOf(group[1]) : resourceList(group[1], group[2]));
    }
  }
};
