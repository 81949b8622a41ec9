/** A step's end is known by its file alone, whoever looks. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TerraformStep } from './terraform-step.js';

function newStep(): { readonly step: TerraformStep; readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'aws-deployer-terraform-step-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { step: new TerraformStep(folder, 'apply'), folder };
}

test('a step ends with the exit code of its program, and needs no command beside the shell and it', async () => {
  const { step, folder } = newStep();
  expect(await step.state()).toEqual({ is: 'new' });
  const args = ['-e', 'console.log("said"); process.exitCode = 3'];
  await step.start({ program: process.execPath, args, folder, env: { PATH: '/nowhere' } });
  await vi.waitFor(async () => expect(await step.state()).toEqual({ is: 'ended', code: 3 }), { timeout: 15_000 });
  expect((await step.read(0)).lines).toEqual(['said']);
});

test.each(['', '1'])('an exit code that was cut short (%j) is none: the step is dead, not done', async (written) => {
  const { step, folder } = newStep();
  writeFileSync(join(folder, 'apply.pid'), 'starting');
  writeFileSync(join(folder, 'apply.exit'), written);
  expect(await step.state()).toEqual({ is: 'dead' });
  writeFileSync(join(folder, 'apply.exit'), '1\n');
  expect(await step.state()).toEqual({ is: 'ended', code: 1 });
});
