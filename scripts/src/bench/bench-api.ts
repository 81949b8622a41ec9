/** The few calls on the platform's REST API that benchmarks make. */
import type { LoginView } from '@aws-deployer/platform/contracts/auth';
import { isEnd, type CreateDeploymentInput, type DeploymentView } from '@aws-deployer/platform/contracts/deployments';
import { request } from 'undici';
import { PASSWORD } from './started-process.js';

export class BenchApi {
  private constructor(
    readonly url: string,
    readonly token: string,
  ) {}

  static async signIn(port: number): Promise<BenchApi> {
    const url = `http://127.0.0.1:${port}`;
    const login = (await call(url, 'POST', '/api/v1/auth/login', {
      username: 'admin',
      password: PASSWORD,
    })) as LoginView;
    return new BenchApi(url, login.access_token);
  }

  send(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    return call(this.url, method, path, body, this.token);
  }

  async deploy(body: CreateDeploymentInput): Promise<DeploymentView> {
    return (await this.send('POST', '/api/v1/deployments', body)) as DeploymentView;
  }

  /** Polls slowly: what is measured is taken from the deployment's own record. Throws when it did not end `stable`. */
  async stable(id: string): Promise<DeploymentView> {
    for (;;) {
      const deployment = (await this.send('GET', `/api/v1/deployments/${id}`)) as DeploymentView;
      if (deployment.state === 'stable') return deployment;
      if (isEnd(deployment.state)) throw new Error(`${id} ended ${deployment.state}: ${deployment.state_reason}`);
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

async function call(
  url: string,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  token?: string,
): Promise<unknown> {
  const answer = await request(`${url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${await answer.body.text()}`);
  return answer.body.json();
}
