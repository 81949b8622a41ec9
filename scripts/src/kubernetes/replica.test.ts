/**
 * The start of the read replica, with stand-ins for the image's entrypoint, client and dump: what happens when the first server
 * is not there yet, and when the copy of it breaks off. Only the order and the files are real here, no server is.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasKubectl, render, root } from './testing/rendered.js';

const component = join(root, 'k8s/components/mysql-replica');
let folder: string;
const at = (...path: string[]): string => join(folder, ...path);

/** The image's entrypoint: an empty data folder is set up and follow.sh is read, any other is served as it is. */
const ENTRYPOINT = `
set -e
if [ ! -d "$DATA_FOLDER/mysql" ]; then
  mkdir "$DATA_FOLDER/mysql"
  . ${component}/follow.sh
fi
echo served >>$NOTES
`;
/** Refuses as long as \`away\` has lines, one for each question; what this server is told is written down. */
const CLIENT = `
case "$*" in
  *--host=mysql*) if [ -s $AWAY ]; then sed -i 1d $AWAY; exit 1; fi ;;
  *) cat >>$NOTES ;;
esac
`;
const DUMP = `
echo 'copy of the first server'
if [ -e $BROKEN ]; then exit 2; fi
`;

function start(): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync('bash', [join(component, 'start.sh')], {
    env: {
      PATH: [at('programs'), process.env['PATH']].join(delimiter),
      DATA_FOLDER: at('data'),
      COPY_FOLDER: at('copy'),
      NOTES: at('notes'),
      AWAY: at('away'),
      BROKEN: at('broken'),
      RETRY_SECONDS: '0',
      MYSQL_ROOT_PASSWORD: 'root',
      BACKUP_PASSWORD: 'backup',
      REPLICA_PASSWORD: 'replica',
    },
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { code: status, output: stdout + stderr };
}
const notes = (): string => (existsSync(at('notes')) ? readFileSync(at('notes'), 'utf8') : '');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-deployer-replica-'));
  for (const name of ['programs', 'data', 'copy']) mkdirSync(at(name));
  for (const [name, text] of Object.entries({ 'docker-entrypoint.sh': ENTRYPOINT, mysql: CLIENT, mysqldump: DUMP })) {
    writeFileSync(at('programs', name), `#!/usr/bin/env bash\n${text}`);
    chmodSync(at('programs', name), 0o755);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a replica that is up before the first server waits for it, and then follows', () => {
  writeFileSync(at('away'), 'refused\nrefused\n');
  const { code, output } = start();
  expect(code, output).toBe(0);
  expect(output.match(/does not answer yet/g)).toHaveLength(2);
  expect(notes()).toMatch(/copy of the first server[^]*change replication source[^]*served\n$/);
});

test('a copy that broke off is not served: the next start makes it anew, and later ones leave it alone', () => {
  writeFileSync(at('broken'), '');
  expect(start().code).not.toBe(0);
  expect(notes()).not.toContain('served');
  writeFileSync(at('data', 'half'), 'of the first copy');

  rmSync(at('broken'));
  const second = start();
  expect(second.code, second.output).toBe(0);
  expect(notes()).toMatch(/change replication source[^]*served\n$/);
  expect(existsSync(at('data', 'half'))).toBe(false);

  writeFileSync(at('data', 'row'), 'that came later');
  rmSync(at('notes'));
  expect(start().code).toBe(0);
  expect(notes()).toBe('served\n');
  expect(existsSync(at('data', 'row'))).toBe(true);
});

describe.skipIf(!hasKubectl)('in the production overlay', { timeout: 90_000 }, () => {
  test('no database lies in the root of its volume, where ext4 has lost+found and MySQL refuses to begin', () => {
    const sets = render('k8s/overlays/production').filter(({ kind }) => kind === 'StatefulSet');
    const folders = sets.flatMap(({ metadata, spec }) => {
      const { containers } = (spec as { template: { spec: { containers: readonly Container[] } } }).template.spec;
      const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts);
      return mounts.filter(({ name }) => name === 'data').map(({ subPath }) => `${metadata.name} ${subPath ?? '/'}`);
    });
    expect(folders.toSorted()).toEqual(['mysql mysql', 'mysql-replica copy', 'mysql-replica mysql']);
  });
});

interface Container {
  readonly volumeMounts: readonly { readonly name: string; readonly subPath?: string }[];
}
