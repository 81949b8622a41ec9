import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { documentFile, readDocument } from '../openapi/schema-catalog.js';
import { RESOURCES } from '../resources/resource-definition.js';

/** `/openapi/v3`: the index, and the document of each group and version as it was recorded. */
const served = (): Map<string, string> => {
  const paths = new Map<string, string>();
  for (const { apiVersion } of RESOURCES)
    paths.set(apiVersion.includes('/') ? `apis/${apiVersion}` : `api/${apiVersion}`, documentFile(apiVersion));
  return paths;
};
let index: Record<string, { serverRelativeURL: string }> | undefined;

/** False where there is no such document. */
export const sendOpenApi = (pathname: string, request: IncomingMessage, response: ServerResponse): boolean => {
  const path = pathname.replace(/^\/openapi\/v3\/?/, '');
  if (path === '') {
    index ??= Object.fromEntries(
      [...served()].flatMap(([name, file]) => {
        const bytes = readDocument(file);
        const hash =
          bytes === undefined ? '' : createHash('sha512').update(bytes).digest('hex').toUpperCase().slice(0, 64);
        return bytes === undefined ? [] : [[name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }]];
      }),
    );
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ paths: index }));
    return true;
  }
  const file = served().get(path);
  const bytes = file === undefined ? undefined : readDocument(file);
  if (bytes === undefined) return false;
  const zipped = String(request.headers['accept-encoding'] ?? '').includes('gzip');
  response.writeHead(200, {
    'content-type': 'application/json',
    vary: 'Accept-Encoding',
    ...(zipped ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(zipped ? bytes : gunzipSync(bytes));
  return true;
};
