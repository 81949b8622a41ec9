import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { static as serveStatic, type Application } from 'express';

const setup = (services: readonly string[]): string => `window.ui = SwaggerUIBundle({
  urls: ${JSON.stringify(services.map((name) => ({ name, url: `/api/v1/${name}/openapi.json` })))},
  dom_id: '#swagger-ui', deepLinking: true, presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout',
});`;
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>AWS Deployer API</title><link rel="stylesheet" href="/api/docs/assets/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/api/docs/assets/swagger-ui-bundle.js"></script>
<script src="/api/docs/assets/swagger-ui-standalone-preset.js"></script><script src="/api/docs/setup.js"></script></body></html>`;

/** The reference page at `/api/docs`: Swagger UI from our own origin, over the OpenAPI documents of the services. */
export function mountApiDocs(app: Application, services: readonly string[]): void {
  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  app.get('/api/docs', (_request, response) => void response.type('html').send(PAGE));
  app.get('/api/docs/setup.js', (_request, response) => void response.type('text/javascript').send(setup(services)));
  app.use('/api/docs/assets', serveStatic(assets, { index: false, maxAge: '1d' }));
}
