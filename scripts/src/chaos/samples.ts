/** What is deployed: small Node programs, good and bad in every way that leads to another state. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CreateDeploymentInput } from '@aws-deployer/platform/contracts/deployments';

export const SAMPLE_KINDS = {
  good: 24,
  slow_build: 10,
  cancelled: 18,
  crashing: 9,
  failing_test: 8,
  unstable: 6,
  invalid: 4,
  unfetchable: 4,
  unbuildable: 5,
  rollback: 6,
  tampered: 9,
  unrestorable: 5,
} as const;
export type SampleKind = keyof typeof SAMPLE_KINDS;

/** Of these the ReplicaSet is the workload: it does not roll by itself. */
const REPLICA_SETS = /-(?:11|12)$/;
/** Without a program of its own it would wait for the default of the environment. */
const MONITOR_SECONDS = 1;
const WATCHED_SECONDS = 4;
/** Long enough that somebody comes in between. */
const SLOW_MS = 1_200;
const SLOW_TESTS = [{ path: '/slow' }];

export class Samples {
  readonly #repository: string;
  readonly #flags: string;

  /** Makes a Git repository in `folder` with a branch `slow` and a branch `broken`. */
  constructor(folder: string) {
    this.#repository = join(folder, 'repository');
    this.#flags = join(folder, 'flags');
    mkdirSync(this.#flags, { recursive: true });
    mkdirSync(this.#repository, { recursive: true });
    const git = (...args: string[]): void => {
      const as = ['-c', 'user.name=chaos', '-c', 'user.email=chaos@localhost'];
      execFileSync('git', [...as, '-C', this.#repository, ...args], { stdio: 'ignore' });
    };
    git('init', '--quiet', '--initial-branch=main');
    for (const [branch, step] of [
      ['slow', 'sleep 2'],
      ['broken', 'exit 7'],
    ] as const) {
      writeFileSync(join(this.#repository, 'server.mjs'), server({ text: branch }));
      writeFileSync(join(this.#repository, 'Dockerfile'), dockerfile(step));
      git('checkout', '--quiet', '-B', branch);
      git('add', '.');
      git('commit', '--quiet', '-m', branch);
    }
  }

  /** Earlier releases of this application do not start any more while the flag is there. */
  flagOf(application: string): string {
    return join(this.#flags, application);
  }

  /** `n` makes its image another one than those before; `slowly`: fetched and built so, where the kind leaves the choice. */
  body(kind: SampleKind, application: string, n: number, slowly: boolean): CreateDeploymentInput {
    const text = `${application} ${String(n)}`;
    const flag = this.flagOf(application);
    const snippet = (code: string): CreateDeploymentInput['source'] => ({ type: 'snippet', language: 'node', code });
    const branch = (ref: string): CreateDeploymentInput['source'] => ({
      type: 'git',
      repo_url: `file://${this.#repository}`,
      ref,
    });
    const base = {
      application,
      monitor_seconds: MONITOR_SECONDS,
      timeouts: { preparing: 30, building: 60, deploying: 20, testing: 10 },
      workload: REPLICA_SETS.test(application) ? { kind: 'ReplicaSet' as const } : {},
    };
    switch (kind) {
      case 'good':
      case 'rollback':
        return { ...base, source: snippet(server({ text, flag })) };
      case 'cancelled':
        return { ...base, source: slowly ? branch('slow') : snippet(server({ text, flag })), tests: SLOW_TESTS };
      case 'slow_build':
        return { ...base, source: branch('slow') };
      case 'crashing':
        return { ...base, source: snippet(`console.error('no configuration ${text}');\nprocess.exit(3);\n`) };
      case 'failing_test':
      case 'unrestorable':
        return { ...base, source: snippet(server({ text })), tests: [{ path: '/', expect_body: 'something else' }] };
      case 'unstable':
        return { ...base, source: snippet(server({ text, livesMs: 2_500 })), monitor_seconds: WATCHED_SECONDS * 2 };
      case 'tampered':
        return {
          ...base,
          source: snippet(server({ text, flag })),
          tests: SLOW_TESTS,
          monitor_seconds: WATCHED_SECONDS,
        };
      case 'invalid':
        return { ...base, source: snippet(`const broken = ; // ${text}\n`) };
      case 'unfetchable':
        return { ...base, source: branch('nowhere') };
      case 'unbuildable':
        return { ...base, source: branch('broken') };
    }
  }
}

interface ServerOptions {
  readonly text: string;
  readonly flag?: string;
  /** Milliseconds after which it ends by itself. */
  readonly livesMs?: number;
}
const server = ({ text, flag, livesMs }: ServerOptions): string =>
  [
    `import { createServer } from 'node:http';`,
    ...(flag === undefined
      ? []
      : [`import { existsSync } from 'node:fs';`, `if (existsSync(${JSON.stringify(flag)})) process.exit(4);`]),
    `const answer = (response) => response.end(${JSON.stringify(`${text}\n`)});`,
    `createServer(({ url }, response) => void setTimeout(answer, url === '/slow' ? ${SLOW_MS} : 0, response)).listen(process.env.PORT);`,
    `process.on('SIGTERM', () => process.exit(0));`,
    ...(livesMs === undefined ? [] : [`setTimeout(() => process.exit(5), ${String(livesMs)});`]),
    '',
  ].join('\n');

const dockerfile = (step: string): string => `FROM node:24-slim
WORKDIR /app
RUN ${step}
COPY server.mjs ./
EXPOSE 8080
CMD ["node", "server.mjs"]
`;
