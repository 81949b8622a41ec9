/** The service with the real Terraform and modules of `terraform_data` alone: no provider, no cloud. */
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { testDatabases, type TestDatabaseKind } from '@aws-deployer/platform/testing/test-database';
import { startTestService, type TestAnswer, type TestService } from '@aws-deployer/platform/testing/test-service';
import type { InfraSchema } from '../schema.js';
import { infra } from '../service.js';

/** With CI set it must be there; elsewhere its tests are skipped. */
export function hasTerraform(): boolean {
  try {
    execFileSync('terraform', ['version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if (process.env['CI'] === 'true') throw new Error('terraform is missing', { cause: error });
    return false;
  }
}

export interface InfraHarness {
  readonly service: TestService<InfraSchema>;
  /** DATA_DIR/infra. */
  readonly base: string;
  /** Writes a module of the operator and makes an environment of it. */
  environment(name: string, main: string, settings?: Record<string, unknown>): Promise<void>;
  module(name: string, main: string): Promise<void>;
  send(method: string, path: string, body?: unknown): Promise<TestAnswer>;
  start(name: string, body: Record<string, unknown>): Promise<InfraRunView>;
  /** Starts a run and waits for its end. */
  ran(name: string, body: Record<string, unknown>): Promise<InfraRunView>;
  apply(plan: InfraRunView): Promise<InfraRunView>;
  ended(id: string): Promise<InfraRunView>;
  state(name: string): Promise<string>;
}

export async function startInfra(
  kind: TestDatabaseKind = testDatabases()[0] as TestDatabaseKind,
  env: Record<string, string> = {},
): Promise<InfraHarness> {
  const service = await startTestService<InfraSchema>(infra, kind, {
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  const base = join(service.test.env.DATA_DIR, 'infra');
  const send: InfraHarness['send'] = (method, path, body) => service.send(method, `/api/v1/infra${path}`, body);
  const accepted = async (answer: Promise<TestAnswer>): Promise<InfraRunView> => {
    const { status, ...rest } = await answer;
    if (status !== 202) throw new Error(`${status}: ${JSON.stringify(rest.body)}`);
    return rest.body as InfraRunView;
  };
  const harness: InfraHarness = {
    service,
    base,
    send,
    module: async (name, main) => {
      const folder = join(base, 'modules', name);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'main.tf'), main);
    },
    environment: async (name, main, settings = {}) => {
      await harness.module(name, main);
      const made = await send('POST', '/environments', { name, module: `local/${name}`, ...settings });
      if (made.status !== 201) throw new Error(`${made.status}: ${JSON.stringify(made.body)}`);
    },
    start: (name, body) => accepted(send('POST', `/environments/${name}/runs`, body)),
    ran: async (name, body) => harness.ended((await harness.start(name, body)).id),
    apply: async (plan) =>
      harness.ended((await accepted(send('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash }))).id),
    ended: async (id) => {
      for (;;) {
        const run = (await send('GET', `/runs/${id}`)).body as InfraRunView;
        if (run.ended_at !== null) return run;
        await wait(50);
      }
    },
    state: async (name) => {
      const { id } = (await send('GET', `/environments/${name}`)).body as { id: string };
      return join(base, 'environments', id, 'state', 'terraform.tfstate');
    },
  };
  return harness;
}

/** Waits for a condition. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await wait(30);
  }
}
