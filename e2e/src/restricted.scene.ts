/** A namespace that lets nothing run as root: what the platform makes itself runs there, and what cannot is told the line it lacks. */
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHost } from './git-host.js';
import type { PlatformApi } from './platform-api.js';
import type { StartedPlatform } from './started-platform.js';
import { variants } from './variants.js';

const NODE = `import { createServer } from 'node:http';
createServer((request, response) => response.end('hello')).listen(Number(process.env.PORT));
`;
interface Pod {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly containers: readonly { readonly securityContext: object }[] };
}

describe.each(variants)('$name', ({ start, possible, docker }) => {
  let platform: StartedPlatform;
  let api: PlatformApi;
  beforeAll(async () => {
    if (!possible) return;
    platform = await start();
    api = await platform.signIn();
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    const made = await request(`${platform.clusterUrl}/api/v1/namespaces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'development', labels } }),
    });
    expect(made.statusCode).toBe(201);
  }, 240_000);
  afterAll(async () => {
    await platform?.remove();
  });
  const podsOf = async (application: string): Promise<readonly Pod[]> => {
    const { body } = await request(`${platform.clusterUrl}/api/v1/namespaces/development/pods`);
    const { items } = (await body.json()) as { items: readonly Pod[] };
    return items.filter(({ metadata }) => metadata.labels['aws-deployer.io/application'] === application);
  };
  const restricted = { allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: { drop: ['ALL'] } };

  test.skipIf(!possible)('the sample rolls out there, and its pods ask for no right', async () => {
    const { status, body } = await api.send('POST', '/api/v1/deployments/sample', {});
    expect(status).toBe(202);
    const ended = await api.ended(body.id as string);
    expect(ended.verdict?.reason ?? ended.state).toBe('stable');
    const [pod] = await podsOf('hello-node');
    expect(pod?.spec.containers[0]?.securityContext).toEqual(restricted);
    const simulated = pod?.metadata.annotations['local-cluster/security'];
    expect(simulated === undefined).toBe(docker); // a process of this machine is no other user's
  });

  test.skipIf(!possible)('pasted code does too', async () => {
    const source = { type: 'snippet', language: 'node', code: NODE } as const;
    const { id } = await api.deploy({ application: 'pasted', source, monitor_seconds: 1 });
    const ended = await api.ended(id);
    expect(ended.verdict?.reason ?? ended.state).toBe('stable');
  });

  test.skipIf(!possible)('an image that may be root’s does not get there; what to write is told', async () => {
    const git = await GitHost.start();
    try {
      await git.commit('rooted', {
        'server.mjs': NODE,
        Dockerfile: 'FROM node:24-slim\nCOPY server.mjs /\nCMD ["node", "/server.mjs"]\n',
      });
      const source = { type: 'git', repo_url: git.urlOf('rooted'), ref: 'main' } as const;
      const asked = await api.send('POST', '/api/v1/deployments/preflight', { application: 'rooted', source });
      const told = (asked.body.checks as { name: string; state: string; mend: string }[]).find(
        ({ name }) => name === 'pod_security',
      );
      expect(told).toMatchObject({ state: 'warn', mend: expect.stringContaining('USER 1000') as string });
      const { id } = await api.deploy({ application: 'rooted', source });
      const ended = await api.ended(id);
      expect(ended).toMatchObject({ failed_state: 'build_failed', verdict: { code: 'pod_security_violation' } });
      expect(ended.verdict?.suggestion).toContain('USER 1000');
      expect(await podsOf('rooted')).toEqual([]);
    } finally {
      await git.stop();
    }
  });
});
