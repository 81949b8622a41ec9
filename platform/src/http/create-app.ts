import express, { type Application } from 'express';
import helmet from 'helmet';

/** What every answer of every service has: no word of the program behind it, and the security headers. */
export function createApp(trustedProxies: number): Application {
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', trustedProxies);
  app.set('etag', false);
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: {
          defaultSrc: ["'self'"],
          styleSrc: ["'self'", "'unsafe-inline'"],
          imgSrc: ["'self'", 'data:'],
          workerSrc: ["'self'", 'blob:'],
          frameAncestors: ["'none'"],
          upgradeInsecureRequests: null,
        },
      },
      strictTransportSecurity: trustedProxies > 0, // TLS ends at the ingress; plain local HTTP must not promise it
      crossOriginEmbedderPolicy: false,
    }),
  );
  return app;
}
