/**
 * The infrastructure's Terraform without any cloud: format, validity, and the tests of each module on a mocked provider.
 * Two at a time, since each starts the provider anew.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTerraform } from './terraform-machine.js';
import { SOURCES, TerraformTree, configurations } from './terraform-tree.js';

const TOGETHER = 2;
const PATIENCE_MS = 900_000;

const machine = findTerraform();
const missing = typeof machine === 'string' && process.env['CI'] !== 'true';
if (missing) console.log(`terraform: not checked, ${machine}`);

let tree: TerraformTree;
beforeAll(async () => {
  if (missing) return;
  if (typeof machine === 'string') throw new Error(machine);
  tree = await TerraformTree.copy(machine);
});
afterAll(() => tree?.remove());

/** Does `work` for all, so many at a time; throws what failed, all of it. */
async function forEach(folders: readonly string[], work: (folder: string) => Promise<void>): Promise<void> {
  const waiting = [...folders];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift())
      await work(folder).catch((error: unknown) => failures.push(error));
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n\n'));
}

test.skipIf(missing)(
  'every file is formatted',
  async () => {
    const { output } = await tree.run('.', ['fmt', '-check', '-recursive', '-list=true']);
    expect(output.split('\n').filter((line) => line.includes('.tf'))).toEqual([]);
  },
  PATIENCE_MS,
);

// Modules are validated by their tests, and with their warnings as parts of these.
test.skipIf(missing)(
  'every environment is valid with all its modules, without a warning',
  async () => {
    await forEach([...(await configurations('environments')), 'bootstrap'], async (folder) => {
      await tree.succeed(folder, ['init', '-backend=false', '-input=false', '-no-color']);
      const { output } = await tree.run(folder, ['validate', '-json', '-no-color']);
      expect(JSON.parse(output), folder).toMatchObject({ valid: true, diagnostics: [] });
    });
  },
  PATIENCE_MS,
);

test.skipIf(missing)(
  'the tests of every module and environment pass on a mocked provider',
  async () => {
    const folders = [...(await configurations('modules')), ...(await configurations('environments'))];
    await forEach(folders, async (folder) => {
      const files = await readdir(join(SOURCES, folder, 'tests'));
      expect(
        files.some((name) => name.endsWith('.tftest.hcl')),
        `${folder} has tests`,
      ).toBe(true);
      await tree.succeed(folder, ['init', '-backend=false', '-input=false', '-no-color']);
      const output = await tree.succeed(folder, ['test', '-no-color']);
      expect(output, folder).toMatch(/Success! [1-9]\d* passed, 0 failed/);
    });
  },
  PATIENCE_MS,
);
