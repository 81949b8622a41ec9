/**
 * A real nginx that does what the ingress controller and the Services of the cluster do: its locations are read from
 * Ingress objects, each service is also reachable by an address of its own for the other services, and the
 * endpoints behind both change by a reload, as they do when a pod stops or becomes ready.
 *
 * Left out: TLS, the question to auth-service before each request (services check for themselves) and rate limits.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { KubernetesObject } from './rendered-overlay.js';
import { eventually, freePort } from './started-platform.js';

/** Where Debian puts it, which is not on everyone's PATH. */
export const NGINX = '/usr/sbin/nginx';

interface IngressSpec {
  readonly rules: readonly {
    readonly http?: {
      readonly paths: readonly {
        readonly path: string;
        readonly pathType: 'Exact' | 'Prefix';
        readonly backend: { readonly service: { readonly name: string } };
      }[];
    };
  }[];
}

/** `location` blocks: an exact path as it is, a prefix by whole path elements. */
function locations(objects: readonly KubernetesObject[]): string {
  const blocks = new Map<string, string>();
  for (const { spec } of objects.filter(({ kind }) => kind === 'Ingress'))
    for (const { http } of (spec as unknown as IngressSpec).rules)
      for (const { path, pathType, backend } of http?.paths ?? []) {
        const pass = `{ proxy_pass http://${backend.service.name}; }`;
        if (path !== '/') blocks.set(`= ${path}`, pass);
        if (pathType === 'Prefix') blocks.set(path === '/' ? '/' : `${path}/`, pass);
      }
  return [...blocks].map(([path, pass]) => `    location ${path} ${pass}`).join('\n');
}

export class NginxIngress {
  readonly #endpoints = new Map<string, readonly number[]>();
  #version = 0;
  #child: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    /** Where each service is reached by the others. */
    readonly servicePorts: Readonly<Record<string, number>>,
    private readonly locations: string,
  ) {}

  /** `objects`: the Ingress objects among them are taken. `services`: the names of all Services that they lead to. */
  static async start(
    folder: string,
    services: readonly string[],
    objects: readonly KubernetesObject[],
  ): Promise<NginxIngress> {
    const ports: Record<string, number> = {};
    for (const service of services) ports[service] = await freePort();
    const nginx = new NginxIngress(folder, await freePort(), ports, locations(objects));
    mkdirSync(folder, { recursive: true });
    nginx.#write();
    nginx.#child = spawn(NGINX, nginx.#arguments(), { stdio: ['ignore', 'ignore', 'inherit'] });
    await nginx.#seen();
    return nginx;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when requests go to these ports and to no other. */
  async route(service: string, ports: readonly number[]): Promise<void> {
    this.#endpoints.set(service, ports);
    this.#write();
    await promisify(execFile)(NGINX, [...this.#arguments(), '-s', 'reload']);
    await this.#seen();
  }

  async stop(): Promise<void> {
    if (this.#child === undefined || this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }

  #arguments = (): string[] => ['-p', this.folder, '-c', join(this.folder, 'nginx.conf'), '-e', 'stderr'];

  /** Old workers still answer for a moment after a reload: the new version is believed when it answers several times running. */
  async #seen(): Promise<void> {
    await eventually(`nginx with version ${this.#version} of its configuration`, async () => {
      for (let i = 0; i < 5; i += 1) {
        const answer = await fetch(`${this.url}/-/version`, { headers: { connection: 'close' } });
        if ((await answer.text()) !== String(this.#version)) return false;
      }
      return true;
    });
  }

  #write(): void {
    this.#version += 1;
    const services = Object.entries(this.servicePorts);
    const upstreams = services.map(([name]) => {
      const ports = this.#endpoints.get(name) ?? [];
      const servers = ports.map((port) => `server 127.0.0.1:${port};`).join(' ') || 'server 127.0.0.1:1 down;';
      return `  upstream ${name} { ${servers} }`;
    });
    const listeners = services.map(
      ([name, port]) => `  server { listen 127.0.0.1:${port}; location / { proxy_pass http://${name}; } }`,
    );
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `  ${kind}_temp_path ${join(this.folder, kind)};`,
    );
    const user = process.getuid?.() === 0 ? 'user root;\n' : ''; // nobody may not write into this folder
    const text = `${user}daemon off;
worker_processes 2;
pid ${join(this.folder, 'nginx.pid')};
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
${temporary.join('\n')}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_buffering off;
  client_max_body_size 20m;
${upstreams.join('\n')}
${listeners.join('\n')}
  server {
    listen 127.0.0.1:${this.port};
    location = /-/version { return 200 "${this.#version}"; }
${this.locations}
  }
}
`;
    writeFileSync(join(this.folder, 'nginx.conf'), text);
  }
}
