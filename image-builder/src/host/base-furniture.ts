/** What an official image would bring along and a host-built one needs in its own root. */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { writeImageFile } from './copy-files.js';
import { hostPython, type Environment } from './host-bases.js';
import { statOf } from '../dockerfile/file-facts.js';
import { PIP_MAIN, PIP_SCRIPT } from './pip-stand-in.js';
import { PYTHON_ENVIRONMENT, type StageState } from './stage-state.js';
import { STATIC_SERVER_PATH, staticServer, unheededDirectives } from '../dockerfile/static-server.js';

/** Puts into a fresh root what its base stands for. */
export async function furnish(stage: StageState, env: Environment): Promise<void> {
  const { base, root } = stage;
  if (base.kind === 'static' && base.pages !== undefined) {
    await writeImageFile(root, STATIC_SERVER_PATH, staticServer(base.pages));
    await writeImageFile(
      root,
      posix.join(base.pages, 'index.html'),
      '<!doctype html><title>Welcome</title><h1>It works</h1><p>Copy your pages over this one.</p>\n',
    );
  }
  if (base.kind === 'python') {
    // An environment by hand, in no time; its pip is one of ours until a line needs the real one.
    const python = (await hostPython(env)) ?? '/usr/bin/python3';
    await writeImageFile(
      root,
      `${PYTHON_ENVIRONMENT}/pyvenv.cfg`,
      `home = ${posix.dirname(python)}\ninclude-system-site-packages = true\nversion = ${base.version}\n`,
    );
    const programs = join(root, PYTHON_ENVIRONMENT, 'bin');
    await mkdir(programs, { recursive: true });
    await symlink(python, join(programs, 'python3'));
    await symlink('python3', join(programs, 'python'));
    const minor = base.version.split('.').slice(0, 2).join('.');
    const packages = `${PYTHON_ENVIRONMENT}/lib/python${minor}/site-packages`;
    await writeImageFile(root, `${packages}/pip/__init__.py`, '');
    await writeImageFile(root, `${packages}/pip/__main__.py`, PIP_MAIN);
    for (const name of ['pip', 'pip3'])
      await writeImageFile(root, `${PYTHON_ENVIRONMENT}/bin/${name}`, PIP_SCRIPT, 0o755);
  }
}

/** Names what the stage's nginx configuration asks for in vain. */
export async function warnOfConfiguration(stage: StageState, say: (text: string) => void): Promise<void> {
  for (const path of [
    'etc/nginx/nginx.conf',
    'etc/nginx/conf.d/default.conf',
    'etc/nginx/templates/default.conf.template',
  ]) {
    if ((await statOf(join(stage.root, path))) === undefined) continue;
    const left = unheededDirectives(await readFile(join(stage.root, path), 'utf8'));
    if (left.length > 0) say(`warning: /${path}: the static server does not do ${left.join(', ')}`);
  }
}
