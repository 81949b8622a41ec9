/**
 * Failures of containers that really run, or really cannot be had: each recording is done again with processes of this
 * machine and a registry on loopback, and the same must be said. The recorded program is busybox; here it is a server of
 * Node's that answers alike, so the command of a manifest that calls busybox is left out.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { KubeletLogs } from './kubelet/pod-logs.js';
import type { Container, Pod, PodSpec } from './resources/types.js';
import { nodeServer, testRegistry, type TestRegistry } from './testing/image-registry.js';
import { listenIn, putInto, recordedFailure } from './testing/recorded-failure.js';
import { eventually, processRuntimes, runningCluster } from './testing/running-cluster.js';

interface Scenario {
  readonly slug: string;
  /** What must differ here in the container `web` of the second version. */
  readonly change?: (web: Container) => void | Promise<void>;
  /** What is not compared: said here only, or there, by chance. */
  readonly apart?: RegExp;
  /** What the log says, where nothing else does. */
  readonly says?: string;
  /** Refused probes are what it is about. */
  readonly probed?: boolean;
}

/** A server is met by a probe while it starts or ends, or not: both were recorded. */
const BY_CHANCE = /Readiness probe failed: Get "http:\/\/<address>\/[^:]+: .*: connection (refused|reset by peer)$/;

const SCENARIOS: readonly Scenario[] = [
  { slug: 'image-not-found' },
  {
    slug: 'pull-auth-denied',
    change: async (web) => {
      const registry = await testRegistry();
      registry.lock();
      web.image = `${registry.host}/web:v2`;
    },
  },
  {
    slug: 'registry-unreachable',
    change: async (web) => {
      web.image = `127.0.0.1:${String(await closedPort())}/web:v2`;
    },
  },
  { slug: 'crash-loop' },
  // Two streams of one log: either line may come first.
  { slug: 'crash-loop-fallback-logs', apart: /not set\nstarting/ },
  { slug: 'command-not-found' },
  { slug: 'init-container-crash' },
  {
    slug: 'oom-killed',
    // Node alone takes more than busybox's 16 MiB.
    change: (web) => void (web.resources = { limits: { memory: '128Mi' } }),
  },
  { slug: 'liveness-kill' },
  // Killed as soon as it started, before it can refuse to end.
  { slug: 'post-start-hook-error', apart: /^web ended: 1(37|43) Error/ },
  { slug: 'readiness-failing-503', change: (web) => void delete web.command },
  // The process runtime can tell which port the program listens on instead.
  { slug: 'readiness-failing-wrong-port', apart: /WrongPort/, probed: true },
  { slug: 'progress-deadline-exceeded' },
  { slug: 'exec-format-error', says: 'exec /bin/app: exec format error\n' },
  // The first version's pods, which end there, are not made here.
  { slug: 'job-failed', apart: /^web ended/ },
];

/** Machine numbers of ELF headers. */
const [X86_64, AARCH64] = [62, 183];

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function webImages(registry: TestRegistry): Promise<void> {
  const answers = `
    process.on('SIGTERM', () => {}); // as busybox, which is recorded to be killed
    const { createServer } = http;
    http.createServer = (handler) => createServer((req, res) => {
      if (req.url.startsWith('/cgi-bin')) res.statusCode = 503;
      else if (req.url !== '/healthz') res.statusCode = 404;
      handler(req, res);
    });`;
  for (const tag of ['v1', 'v2']) await registry.add('web', tag, nodeServer(tag, answers));
  const elf = Buffer.alloc(64);
  elf.write('\x7fELF\x02\x01\x01', 'latin1');
  elf.writeUInt16LE(process.arch === 'arm64' ? X86_64 : AARCH64, 18);
  await registry.add('web', 'v2-arm', { files: { '/bin/app*': elf }, config: { Cmd: ['/bin/app'] } });
  await registry.add('web', 'v2-hog', nodeServer('hog', 'globalThis.hog = Buffer.alloc(256 * 1024 * 1024, 1);'));
}

test.each(SCENARIOS)(
  '$slug is said as Kubernetes says it',
  async ({ slug, change, apart = BY_CHANCE, probed = false, says }) => {
    const registry = await testRegistry();
    await webImages(registry);
    const recorded = recordedFailure(slug);
    const compared = (sayings: readonly string[]): string[] =>
      sayings
        // A process of this machine is started without the layers that containerd names.
        .map((saying) => saying.replace(/failed to create containerd task: .* runc create failed: /, ''))
        .filter((saying) => !apart.test(saying) && (probed || !BY_CHANCE.test(saying)));
    const wanted = compared(recorded.said);
    expect(wanted).not.toEqual([]);
    const { client, plane, dataDir } = await runningCluster(processRuntimes);
    client.create('core/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: recorded.namespace } });

    const objects = recorded.manifest('v2', (text) => text.replaceAll('127.0.0.1:5000', registry.host));
    for (const { kind, spec } of objects) {
      if (kind !== 'Deployment' || spec === undefined) continue;
      spec['replicas'] = 1;
      const [web] = (spec['template'] as { spec: PodSpec }).spec.containers;
      if (web !== undefined) await change?.(web);
    }
    const listening = listenIn(client, recorded.namespace);
    expect(putInto(client, objects)).toEqual([]);
    await eventually(
      () => `${JSON.stringify(wanted, null, 1)}, said was ${JSON.stringify(compared(listening.said()), null, 1)}`,
      () => wanted.every((saying) => listening.said().includes(saying)),
      15_000,
    );
    if (says !== undefined) {
      const [pod] = client.list<Pod>('core/pods', recorded.namespace);
      if (pod === undefined) throw new Error('there is no pod');
      const logs = new KubeletLogs(plane.kubelet, dataDir);
      let log = '';
      const { signal } = new AbortController();
      const options = { container: 'web', previous: false, follow: false, timestamps: false, signal };
      for await (const line of logs.read(pod, options)) log += line;
      expect(log).toBe(says);
    }
    listening.stop();
    expect(compared(listening.said())).toEqual(wanted);
  },
  30_000,
);
