/**
 * A registry as ECR is one: its host is ECR's, it speaks TLS, lets in with logins that AWS issues, and refuses one that has
 * expired in ECR's words. Simulated are AWS, which issues a login for each question, and the time: a login that the scene says so of
 * expires at the first pull of an engine. The images behind it are a real registry's.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ACCOUNT = '123456789012';
export const ECR_HOST = `${ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com`;
/** Of loopback, with ports of its own. */
const ADDRESS = `127.83.${process.pid % 250}.1`;
/** Shorter than what is kept of a login, so that each question has a new one issued. */
const GOOD_FOR_MS = 600_000;

export class ExpiringEcr {
  readonly #issued: string[] = [];
  readonly #expired = new Set<string>();
  #expiring = 0;

  private constructor(
    private readonly folder: string,
    private readonly behind: string,
    private readonly servers: Server[],
  ) {}

  /** `behind`: `host:port` of the registry that has the images. */
  static async start(folder: string, behind: string): Promise<ExpiringEcr> {
    await mkdir(folder, { recursive: true });
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', `/CN=${ECR_HOST}`, '-addext', `subjectAltName=DNS:${ECR_HOST}`];
    await run('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
      ...[...subject, '-keyout', key, '-out', cert],
    ]);
    await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost\n${ADDRESS} ${ECR_HOST}\n`);
    const servers: Server[] = [];
    const ecr = new ExpiringEcr(folder, behind, servers);
    const registry = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (ask, answer) =>
      ecr.#asRegistry(ask, answer),
    );
    const aws = createServer((ask, answer) => ecr.#asAws(ask, answer));
    servers.push(registry, aws);
    registry.listen(443, ADDRESS);
    aws.listen(0, '127.0.0.1');
    await Promise.all(servers.map((server) => once(server, 'listening')));
    return ecr;
  }

  /** A command for programs that find ECR's host here: they have a file of hosts of their own. */
  get within(): readonly string[] {
    const hosts = join(this.folder, 'hosts');
    return ['unshare', '--mount', 'sh', '-c', `mount --bind '${hosts}' /etc/hosts && exec "$@"`, 'sh'];
  }

  /** What a program needs to know of AWS and to trust the registry. */
  get env(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(this.servers[1]?.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'any',
      AWS_REGION: 'eu-central-1',
      NODE_EXTRA_CA_CERTS: join(this.folder, 'cert.pem'),
    };
  }

  /** So many logins, one after the other, expire when an engine first pulls with them. */
  expire(logins: number): void {
    this.#expiring = logins;
    this.#expired.clear();
  }

  /** How many logins have expired. */
  get expired(): number {
    return this.#expired.size;
  }

  async stop(): Promise<void> {
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all(this.servers.map((server) => once(server, 'close')));
  }

  #asAws(ask: IncomingMessage, answer: ServerResponse): void {
    ask.resume();
    const target = String(ask.headers['x-amz-target'] ?? '');
    if (target.endsWith('.GetAuthorizationToken')) {
      const login = `login-${this.#issued.length}-${'x'.repeat(40)}`;
      this.#issued.push(login);
      const data = {
        authorizationToken: Buffer.from(`AWS:${login}`).toString('base64'),
        expiresAt: (Date.now() + GOOD_FOR_MS) / 1000,
        proxyEndpoint: `https://${ECR_HOST}`,
      };
      answer.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      answer.end(JSON.stringify({ authorizationData: [data] }));
    } else if (target === '') {
      const identity = `<Arn>arn:aws:iam::${ACCOUNT}:user/scene</Arn><UserId>AIDA</UserId><Account>${ACCOUNT}</Account>`;
      answer.writeHead(200, { 'content-type': 'text/xml' });
      answer.end(
        `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>${identity}</GetCallerIdentityResult></GetCallerIdentityResponse>`,
      );
    } else answer.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end('{"__type":"InvalidAction"}');
  }

  #asRegistry(ask: IncomingMessage, answer: ServerResponse): void {
    const [, basic = ''] = /^Basic (.+)$/.exec(ask.headers.authorization ?? '') ?? [];
    const login = Buffer.from(basic, 'base64').toString().replace(/^AWS:/, '');
    const refuse = (status: number, code: string, message: string): void => {
      ask.resume();
      const realm = `Basic realm="https://${ECR_HOST}/",service="ecr.amazonaws.com"`;
      answer.writeHead(status, { 'content-type': 'application/json', 'www-authenticate': realm });
      answer.end(JSON.stringify({ errors: [{ code, message }] }));
    };
    if (!this.#issued.includes(login)) return refuse(401, 'UNAUTHORIZED', 'Not Authorized');
    const isEngine = String(ask.headers['user-agent'] ?? '').startsWith('docker/');
    const pulls = isEngine && (ask.url ?? '').includes('/manifests/');
    if (pulls && !this.#expired.has(login) && this.#expired.size < this.#expiring) this.#expired.add(login);
    if (this.#expired.has(login))
      return refuse(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.');
    const [host = '', port = ''] = this.behind.split(':');
    const { authorization: _authorization, ...headers } = ask.headers;
    const onward = request({ host, port: Number(port), method: ask.method, path: ask.url, headers }, (back) => {
      answer.writeHead(back.statusCode ?? 502, back.headers);
      back.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    ask.pipe(onward);
  }
}
