/**
 * Where the small `docker` of a build knocks: a Unix socket in a folder that only this user can enter. One door per build;
 * closing it ends what it is doing.
 */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AppError, messageOf } from '@aws-deployer/platform/errors/app-error';
import { HostImageBuilder } from '@aws-deployer/image-builder/host/host-image-builder';
import { writeDockerClient, type ClientAnswer, type ClientRequest } from './docker-client.js';
import { parseDocker, type DockerCommand } from './docker-words.js';
import { fillTemplate } from './go-template.js';
import { HostImages, type Client, type PushedImage } from './host-images.js';

const REFUSED_EXIT = 125;

export interface DockerDoorOptions {
  /** The build's own folder: programs and images are kept in it. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Names the builds of this platform. */
  readonly owner: string;
  readonly say: (text: string) => void;
}

const socketPrefix = (owner: string): string => `build-docker-${owner}-`;

/** What a killed process left of its doors. */
export async function removeStraySockets(owner: string): Promise<void> {
  for (const name of await readdir(tmpdir()))
    if (name.startsWith(socketPrefix(owner))) await rm(join(tmpdir(), name), { recursive: true, force: true });
}

export class DockerDoor {
  private readonly sockets = new Set<Socket>();
  private readonly working = new Set<Promise<number>>();
  private readonly closing = new AbortController();
  private told = false;

  private constructor(
    private readonly server: Server,
    private readonly socketFolder: string,
    private readonly images: HostImages,
    private readonly say: (text: string) => void,
    /** To be the first folder of PATH. */
    readonly programs: string,
  ) {}

  static async open({ folder, env, owner, say }: DockerDoorOptions): Promise<DockerDoor> {
    // Paths of sockets are short, those of data folders need not be.
    const socketFolder = await mkdtemp(join(tmpdir(), socketPrefix(owner)));
    const socket = join(socketFolder, 'socket');
    const programs = join(folder, 'programs');
    const server = createServer();
    const scratchDir = join(folder, 'work');
    const images = new HostImages(new HostImageBuilder({ scratchDir, env }), join(folder, 'images'));
    const door = new DockerDoor(server, socketFolder, images, say, programs);
    server.on('connection', (client) => door.greet(client));
    server.listen(socket);
    await once(server, 'listening');
    await writeDockerClient(programs, socket);
    return door;
  }

  get lastPushed(): PushedImage | undefined {
    return this.images.lastPushed;
  }

  async close(): Promise<void> {
    this.closing.abort(new Error('the build has ended'));
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.working); // what is aborted tidies up
    if (this.server.listening) {
      this.server.close();
      await once(this.server, 'close');
    }
    await rm(this.socketFolder, { recursive: true, force: true });
  }

  private greet(socket: Socket): void {
    this.sockets.add(socket);
    const left = new AbortController();
    socket.on('error', () => socket.destroy()); // the client has gone: `close` follows
    socket.on('close', () => {
      this.sockets.delete(socket);
      left.abort(new Error('the client has gone'));
    });
    const lines = createInterface({ input: socket });
    lines.on('error', () => socket.destroy());
    lines.once('line', (line) => {
      const send = (answer: ClientAnswer): void => void socket.write(`${JSON.stringify(answer)}\n`);
      const request = JSON.parse(line) as ClientRequest;
      const out = (text: string): void => send({ out: text });
      const err = (text: string): void => send({ err: text });
      const client: Client = { cwd: request.cwd, env: request.env, out, err };
      const work = this.carryOut(request, client, AbortSignal.any([left.signal, this.closing.signal])).catch(
        (error: unknown) => {
          err(messageOf(error));
          return error instanceof AppError ? 1 : REFUSED_EXIT;
        },
      );
      this.working.add(work);
      work
        .then((exit) => {
          this.working.delete(work);
          send({ exit });
          socket.end();
        })
        .catch(() => socket.destroy());
    });
  }

  private async carryOut(request: ClientRequest, client: Client, signal: AbortSignal): Promise<number> {
    if (!this.told) this.say('docker: there is no Docker Engine, so the host builder carries it out');
    this.told = true;
    const command = parseDocker(request.args);
    if (command.type === 'refused') {
      client.err(
        `${command.why} is not carried out: there is no Docker Engine on this machine. Set DOCKER_HOST, or run the project in an AWS account`,
      );
      return REFUSED_EXIT;
    }
    await this.perform(command, request, client, signal);
    return 0;
  }

  private async perform(
    command: Exclude<DockerCommand, { type: 'refused' }>,
    request: ClientRequest,
    client: Client,
    signal: AbortSignal,
  ): Promise<void> {
    const { images } = this;
    switch (command.type) {
      case 'build':
        return images.build(command, client, signal);
      case 'push':
        return images.push(command.image, client, signal);
      case 'tag':
        return images.tag(command.from, command.to);
      case 'login':
        if (command.username === undefined)
          throw new AppError('invalid', 'username_missing', 'docker login needs --username');
        images.login(command.host, command.username, command.password ?? request.stdin.replace(/\r?\n$/, ''));
        return client.out('Login Succeeded');
      case 'logout':
        images.logout(command.host);
        return client.out(`Removing login credentials for ${command.host}`);
      case 'images':
        if (!command.quiet) client.out('REPOSITORY:TAG IMAGE ID');
        for (const { name, id } of images.list())
          client.out(command.quiet ? id.slice(7, 19) : `${name} ${id.slice(7, 19)}`);
        return;
      case 'inspect': {
        const found = command.images.map((image) => images.describe(image));
        if (command.format === undefined) return client.out(JSON.stringify(found, undefined, 4));
        for (const image of found) client.out(fillTemplate(command.format, image));
        return;
      }
      case 'remove':
        for (const image of command.images) {
          images.remove(image);
          client.out(`Untagged: ${image}`);
        }
        return;
      case 'version':
        return client.out('Docker version 0.0.0, host builder (there is no Docker Engine)');
    }
  }
}
