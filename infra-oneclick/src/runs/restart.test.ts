import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InfraEnvironmentView, InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { runServices } from '@aws-deployer/platform/runtime/run-services';
import { principalOf } from '@aws-deployer/platform/testing/test-service';
import { request } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { signalled } from '../terraform/live-process.js';
import { infra } from '../service.js';
import { hasTerraform, until } from '../testing/infra-harness.js';

/** The service on a folder of its own, to be stopped and started again. */
async function open(folder: string, env: Record<string, string> = {}) {
  const running = await runServices({
    port: 0,
    host: '127.0.0.1',
    services: [{ module: infra, env: { MODE: 'local', DATA_DIR: folder, PATH: process.env['PATH'], ...env } }],
    allInOne: true,
    log: silentLogger,
    principals: { resolve: async () => principalOf('admin'), forget: () => undefined },
  });
  const send = async <Answer>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> => {
    const answer = await request(new URL(`/api/v1/infra${path}`, running.url), {
      method,
      headers: { authorization: 'Bearer admin', 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400) throw new Error(text);
    return JSON.parse(text) as Answer;
  };
  const ended = (id: string) =>
    until(async () => {
      const run = await send<InfraRunView>('GET', `/runs/${id}`);
      return run.ended_at !== null && run;
    });
  return { stop: () => running.stop(), send, ended };
}
async function dataFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'infra-restart-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test.skipIf(!hasTerraform()).each([
  ['heeds the interrupt: the run is interrupted, and what is left is planned', false, 'interrupted'],
  ['does not heed it goes on: the next start follows it to its end', true, 'succeeded'],
])(
  'a service that stops tells Terraform to end. One that %s',
  async (_name, deaf, status) => {
    const folder = await dataFolder();
    const gate = join(folder, 'gate');
    const source = join(folder, 'infra', 'modules', 'slow');
    await mkdir(source, { recursive: true });
    const command = `echo begun > ${gate}.begun; until [ -e ${gate} ]; do sleep 0.05; done`;
    await writeFile(
      join(source, 'main.tf'),
      `resource "terraform_data" "slow" {\n  provisioner "local-exec" { command = ${JSON.stringify(command)} }\n}\n`,
    );
    // As one that waits for a long answer of a cloud: its apply begins when the gate opens, whatever it is told before.
    const slow = join(folder, 'slow-terraform');
    const wait = `if [ "$1" = apply ]; then trap '' INT; echo begun > ${gate}.begun; until [ -e ${gate} ]; do sleep 0.05; done; fi`;
    await writeFile(slow, `#!/bin/sh\n${wait}\nexec terraform "$@"\n`, { mode: 0o755 });
    const env = deaf ? { TERRAFORM: slow } : {};
    const first = await open(folder, env);
    const { id } = await first.send<InfraEnvironmentView>('POST', '/environments', {
      name: 'slow',
      module: 'local/slow',
    });
    const plan = await first.ended(
      (await first.send<InfraRunView>('POST', '/environments/slow/runs', { kind: 'plan' })).id,
    );
    const run = await first.send<InfraRunView>('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash });
    await until(async () => existsSync(`${gate}.begun`));
    const mark = join(folder, 'infra/environments', id, 'runs', run.id, 'apply.pid');
    // The program may begin before its number is noted.
    const pid = await until(async () => Number(readFileSync(mark, 'utf8').split(' ')[0]) || undefined);
    await first.stop();
    expect(signalled(pid, 0)).toBe(status === 'succeeded');
    writeFileSync(gate, '');

    const second = await open(folder, env);
    onTestFinished(() => second.stop());
    expect(await second.ended(run.id)).toMatchObject({ status });
    const next = await second.send<InfraRunView>('POST', '/environments/slow/runs', { kind: 'plan' });
    const left = await second.ended(next.id);
    expect(left.reason).toMatch(status === 'succeeded' ? /^No changes/ : /^1 to add, 0 to change, [01] to destroy/);
  },
  60_000,
);

test.skipIf(!hasTerraform())(
  'in production a state lies where the backend of the module says, with the settings of its environment',
  async () => {
    const folder = await dataFolder();
    const root = join(folder, 'terraform', 'environments', 'staging');
    const beside = join(folder, 'terraform', 'modules', 'inner');
    await mkdir(root, { recursive: true });
    await mkdir(beside, { recursive: true });
    await writeFile(join(beside, 'main.tf'), 'resource "terraform_data" "inner" {}\n');
    await writeFile(
      join(root, 'main.tf'),
      'terraform {\n  backend "local" {}\n}\nmodule "inner" {\n  source = "../../modules/inner"\n}\n',
    );
    const service = await open(folder, { MODE: 'production', TERRAFORM_DIR: join(folder, 'terraform') });
    onTestFinished(() => service.stop());
    const state = join(folder, 'elsewhere.tfstate');
    await service.send('POST', '/environments', {
      name: 'staging',
      module: 'repository/staging',
      backend: { path: state },
    });
    const plan = await service.ended(
      (await service.send<InfraRunView>('POST', '/environments/staging/runs', { kind: 'plan' })).id,
    );
    expect(plan).toMatchObject({
      status: 'succeeded',
      summary: { changes: [{ address: 'module.inner.terraform_data.inner' }] },
    });
    const apply = await service.send<InfraRunView>('POST', `/plans/${plan.id}/apply`, { plan_hash: plan.plan_hash });
    expect(await service.ended(apply.id)).toMatchObject({ status: 'succeeded', made_version: 1 });
    expect(readFileSync(state, 'utf8')).toContain('module.inner');
  },
  60_000,
);
