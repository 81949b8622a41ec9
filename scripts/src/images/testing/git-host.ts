/**
 * A host of Git repositories as the internet has them, on loopback: a name that only its own name server knows, https with a
 * certificate of an authority of its own, a token; and a port that greets as ssh does and hangs up.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGitServer } from '@aws-deployer/platform/testing/git-http-server';
import { startNameServer } from './name-server.js';

const NAME = 'git.images.test';
export const CREDENTIAL = { username: 'ann', token: 'a-token-of-ann' };

export interface GitHost {
  readonly url: string;
  readonly sshUrl: string;
  /** Files of the host that a container needs: its certificate after those that everyone trusts, and /etc/resolv.conf. */
  readonly certificates: string;
  readonly resolvConf: string;
  readonly lookedUp: readonly string[];
  /** What clients of the ssh port said first. */
  readonly greetings: readonly string[];
  stop(): Promise<void>;
}

/** With the files as the one commit of `shop.git`. */
export async function startGitHost(files: Readonly<Record<string, string>>): Promise<GitHost> {
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-git-host-'));
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const named = ['-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', key];
  await promisify(execFile)('openssl', ['req', '-x509', ...named, ...made, '-out', certificate]);
  const [certificates, resolvConf] = [join(folder, 'certificates.crt'), join(folder, 'resolv.conf')];
  const trusted = await readFile('/etc/ssl/certs/ca-certificates.crt', 'utf8');
  await writeFile(certificates, `${trusted}\n${await readFile(certificate, 'utf8')}`);

  const names = await startNameServer(NAME);
  await writeFile(resolvConf, `nameserver ${names.address}\n`);
  const git = await startGitServer({ credential: CREDENTIAL });
  await (await git.repository('shop.git')).commit(files, 'first');
  const tls = createTlsServer({ key: await readFile(key), cert: await readFile(certificate) }, (asked, answer) => {
    const { method, url = '/', headers } = asked;
    const passedOn = request(new URL(url, git.url), { method, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.pipe(answer);
    });
    passedOn.on('error', (error) => answer.destroy(error));
    asked.pipe(passedOn);
  });
  const greetings: string[] = [];
  const ssh = createServer((socket) => {
    socket.on('error', () => socket.destroy()); // the client is gone
    socket.once('data', (said) => {
      greetings.push(said.toString('latin1').trim());
      socket.end();
    });
    socket.write('SSH-2.0-greets-only\r\n');
  });
  return {
    url: `https://${NAME}:${await listening(tls)}/shop.git`,
    sshUrl: `ssh://git@${NAME}:${await listening(ssh)}/shop.git`,
    certificates,
    resolvConf,
    lookedUp: names.asked,
    greetings,
    stop: async () => {
      tls.closeAllConnections();
      await Promise.all([tls, ssh].map((server) => new Promise((resolve) => server.close(resolve))));
      await Promise.all([git.stop(), names.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}
