/**
 * A deploy through the platform against the same steps by hand: git clone, docker build, docker push, kubectl apply, kubectl
 * rollout status. Same engine, registry, cluster, manifest and state of the caches; each deploy is of a new commit. The
 * platform's time runs from its 202 to the end of `deploying`. Both take turns, so that both meet the same machine.
 */
import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BenchApi } from './bench-api.js';
import { atMost, median, milliseconds, type Figure } from './figures.js';
import { platformAt, startPlatform } from './started-process.js';

const run = promisify(execFile);
const ROUNDS = 9;

export async function measureDeploys(): Promise<readonly Figure[]> {
  const docker = process.env['TEST_DOCKER_HOST'];
  if (docker === undefined) return [{ what: 'deploy ÷ the same by hand', found: 'not measured: no Docker Engine' }];
  const folder = await mkdtemp(join(tmpdir(), 'aws-deployer-bench-deploy-'));
  const at = await platformAt(join(folder, 'data'), { DOCKER_HOST: docker });
  const platform = await startPlatform(at);
  try {
    const repository = await makeRepository(folder);
    const api = await BenchApi.signIn(at.port);
    const { registry } = JSON.parse(await readFile(join(folder, 'data', 'ports.json'), 'utf8')) as { registry: number };
    const hand = new ByHand(folder, repository, docker, `http://127.0.0.1:${at.clusterPort}`, `127.0.0.1:${registry}`);
    const times = { platform: [] as number[], hand: [] as number[] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      await commit(repository, `round ${round}, for the platform`);
      const byPlatform = await throughPlatform(api, repository);
      await commit(repository, `round ${round}, by hand`);
      const byHand = await hand.deploy();
      if (round === 0) continue; // fills the caches of both
      times.platform.push(byPlatform);
      times.hand.push(byHand);
    }
    const [platformMs, handMs] = [median(times.platform), median(times.hand)];
    const ratio = platformMs / handMs;
    return [
      {
        what: 'deploy ÷ the same by hand, median',
        found: `${ratio.toFixed(2)} (${milliseconds(platformMs)} ÷ ${milliseconds(handMs)})`,
        bar: atMost(ratio, 1.05),
      },
    ];
  } finally {
    await platform.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Milliseconds from the 202 to the end of `deploying`. */
async function throughPlatform(api: BenchApi, repository: string): Promise<number> {
  const source = { type: 'git' as const, repo_url: `file://${repository}`, ref: 'main' };
  const { id } = await api.deploy({
    application: 'bench',
    source,
    workload: { container_port: 8080 },
    monitor_seconds: 0,
  });
  const accepted = Date.now();
  const { stages } = await api.stable(id);
  const ended = stages.find(({ name }) => name === 'deploying')?.ended_at;
  return new Date(ended ?? NaN).getTime() - accepted;
}

/** One person at a terminal who knows every command. */
class ByHand {
  #round = 0;
  constructor(
    private readonly folder: string,
    private readonly repository: string,
    private readonly docker: string,
    private readonly cluster: string,
    private readonly registry: string,
  ) {}

  async deploy(): Promise<number> {
    this.#round += 1;
    const clone = join(this.folder, `clone-${this.#round}`);
    const image = `${this.registry}/by-hand:${this.#round}`;
    const manifest = join(this.folder, 'by-hand.json');
    await writeFile(
      manifest,
      manifestsOf(image)
        .map((object) => JSON.stringify(object))
        .join('\n'),
    );
    const env = { ...process.env, DOCKER_HOST: this.docker, DOCKER_BUILDKIT: '0', HOME: this.folder };
    const began = Date.now();
    await run('git', ['clone', '--quiet', '--depth=1', '--branch=main', `file://${this.repository}`, clone]);
    await run('docker', ['build', '--quiet', '--tag', image, clone], { env });
    await run('docker', ['push', '--quiet', image], { env });
    await run('kubectl', ['--server', this.cluster, 'apply', '--server-side', '-f', manifest], { env });
    await run('kubectl', ['--server', this.cluster, 'rollout', 'status', 'deployment/by-hand', '--timeout=120s'], {
      env,
    });
    return Date.now() - began;
  }
}

/** What the platform makes of an application with the defaults, less its own marks. */
const manifestsOf = (image: string): object[] => [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'by-hand', namespace: 'default' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'by-hand' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: { app: 'by-hand' } },
        spec: {
          containers: [
            {
              name: 'web',
              image,
              ports: [{ name: 'http', containerPort: 8080 }],
              env: [{ name: 'PORT', value: '8080' }],
              readinessProbe: {
                tcpSocket: { port: 'http' },
                periodSeconds: 2,
                timeoutSeconds: 2,
                failureThreshold: 3,
              },
              lifecycle: { preStop: { sleep: { seconds: 2 } } },
            },
          ],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'by-hand', namespace: 'default' },
    spec: { selector: { app: 'by-hand' }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  },
];

/** An application that needs no base image: a static web server and a page. */
async function makeRepository(folder: string): Promise<string> {
  const repository = join(folder, 'repository');
  await run('git', ['init', '--quiet', '--initial-branch=main', repository]);
  await copyFile('/bin/busybox', join(repository, 'busybox'));
  await writeFile(
    join(repository, 'Dockerfile'),
    'FROM scratch\nCOPY busybox /bin/busybox\nCOPY index.html /www/\nEXPOSE 8080\n' +
      'CMD ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]\n',
  );
  return repository;
}

async function commit(repository: string, text: string): Promise<void> {
  await writeFile(join(repository, 'index.html'), text);
  const git = ['-C', repository, '-c', 'user.name=bench', '-c', 'user.email=bench@example.com'];
  await run('git', [...git, 'add', '--all']);
  await run('git', [...git, 'commit', '--quiet', '--message', text]);
}
