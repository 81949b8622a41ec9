/**
 * The program that stands in for nginx, httpd and caddy in a host-built image: serves a folder on PORT.
 *
 * It lies in the image and finds the image's root from its own place, so it runs wherever the image is unpacked. Of an
 * nginx configuration it heeds what single pages and probes need: `try_files … /index.html` and exact locations that
 * return a fixed answer. What else a configuration asks for is warned of at build.
 */
/** Where the program lies in an image. */
export const STATIC_SERVER_PATH = '/opt/static-server/server.mjs';

/** Directives whose absence would change what a visitor gets. */
const NOT_DONE = /^\s*(proxy_pass|rewrite|auth_basic|fastcgi_pass|alias|add_header|sub_filter|limit_req)\b/gm;
export const unheededDirectives = (configuration: string): readonly string[] => [
  ...new Set([...configuration.matchAll(NOT_DONE)].map((match) => match[1] ?? '')),
];

export const staticServer = (
  pages: string,
): string => `// Serves the pages of this image on PORT; put here by the host builder.
import { createReadStream, existsSync, readdirSync, readFileSync, statSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const pages = join(root, ${JSON.stringify(pages)});
const port = Number(process.env.PORT ?? 80);
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.htm': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.gif': 'image/gif',
  '.webp': 'image/webp', '.avif': 'image/avif', '.ico': 'image/x-icon', '.txt': 'text/plain; charset=utf-8',
  '.xml': 'application/xml', '.pdf': 'application/pdf', '.wasm': 'application/wasm', '.woff': 'font/woff',
  '.woff2': 'font/woff2', '.map': 'application/json', '.webmanifest': 'application/manifest+json', '.mp4': 'video/mp4',
};

let configuration = '';
for (const folder of ['etc/nginx', 'etc/nginx/conf.d', 'etc/nginx/templates'])
  for (const name of existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [])
    if (/\\.(conf|template)$/.test(name)) configuration += readFileSync(join(root, folder, name), 'utf8') + '\\n';
const singlePage = /try_files[^;]*\\s\\/index\\.html\\s*;/.test(configuration);
const fixed = new Map();
for (const [, path, body] of configuration.matchAll(/location\\s*=\\s*(\\S+)\\s*\\{([^}]*)\\}/g)) {
  const answer = /return\\s+(\\d{3})\\s*(?:"([^"]*)"|'([^']*)'|([^;\\s]+))?\\s*;/.exec(body);
  if (answer) fixed.set(path, { status: Number(answer[1]), text: (answer[2] ?? answer[3] ?? answer[4] ?? '').replaceAll('\\\\n', '\\n') });
}

function fileFor(path) {
  const wanted = join(pages, normalize('/' + path));
  const found = existsSync(wanted) && statSync(wanted).isDirectory() ? join(wanted, 'index.html') : wanted;
  if (!existsSync(found) || !statSync(found).isFile()) return undefined;
  const real = realpathSync(found);
  return real.startsWith(realpathSync(pages) + '/') ? real : undefined; // a link out of the pages is not served
}

const server = createServer((req, res) => {
  const answer = (status, headers, body) => { res.writeHead(status, headers); res.end(req.method === 'HEAD' ? undefined : body); };
  if (req.method !== 'GET' && req.method !== 'HEAD') return answer(405, { allow: 'GET, HEAD' }, '');
  let path;
  try { path = decodeURIComponent(new URL(req.url, 'http://x').pathname); } catch { return answer(400, {}, 'Bad request\\n'); }
  const said = fixed.get(path);
  if (said) return answer(said.status, { 'content-type': 'text/plain; charset=utf-8' }, said.text);
  const file = path.includes('\\0') ? undefined : fileFor(path) ?? (singlePage ? fileFor('/index.html') : undefined);
  if (!file) return answer(404, { 'content-type': 'text/plain; charset=utf-8' }, 'Not found\\n');
  const { size, mtimeMs } = statSync(file);
  const etag = '"' + size.toString(16) + '-' + Math.round(mtimeMs).toString(16) + '"';
  if (req.headers['if-none-match'] === etag) return answer(304, { etag }, undefined);
  res.writeHead(200, { 'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream', 'content-length': size, etag });
  if (req.method === 'HEAD') return res.end();
  createReadStream(file).on('error', () => res.destroy()).pipe(res);
});
server.listen(port, () => console.log('serving ' + ${JSON.stringify(pages)} + ' on port ' + port));
for (const signal of ['SIGTERM', 'SIGINT'])
  process.once(signal, () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;
