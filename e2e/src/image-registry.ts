/** A real image registry on loopback (Debian's docker-registry), and an application's image in it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, freePort } from './started-platform.js';

const run = promisify(execFile);

export class ImageRegistry {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    /** `127.0.0.1:port` */
    readonly host: string,
    private readonly dockerHost: string,
  ) {}

  static async start(folder: string, dockerHost: string): Promise<ImageRegistry> {
    const host = `127.0.0.1:${await freePort()}`;
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'registry.yml');
    const storage = `storage: { filesystem: { rootdirectory: ${join(folder, 'storage')} } }`;
    await writeFile(config, `version: 0.1\nlog: { level: error }\n${storage}\nhttp: { addr: '${host}' }\n`);
    const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'inherit'] });
    await eventually('the image registry', async () => (await fetch(`http://${host}/v2/`)).ok);
    return new ImageRegistry(child, folder, host, dockerHost);
  }

  /** An image that serves `text` on port 8080, pushed; its whole name. */
  async push(name: string, text: string): Promise<string> {
    const context = join(this.folder, name);
    await mkdir(context);
    await copyFile('/bin/busybox', join(context, 'busybox'));
    await writeFile(join(context, 'index.html'), text);
    await writeFile(
      join(context, 'Dockerfile'),
      `FROM scratch
COPY busybox /busybox
COPY index.html /www/index.html
USER 65532:65532
EXPOSE 8080
CMD ["/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]
`,
    );
    const image = `${this.host}/${name}:1`;
    const env = { ...process.env, DOCKER_HOST: this.dockerHost, DOCKER_BUILDKIT: '0' };
    await run('docker', ['build', '--tag', image, context], { env });
    await run('docker', ['push', '--quiet', image], { env });
    await run('docker', ['rmi', image], { env }); // it is pulled, as elsewhere
    return image;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}
