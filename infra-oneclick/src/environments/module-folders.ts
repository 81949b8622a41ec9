/**
 * Root modules: the repository's own environments and, in local mode, the operator's folders. A run works in a copy that is
 * named by the hash of its content, so what was planned is what is applied, and an earlier version can be planned again.
 *
 * Throws AppError not_found/`module_not_found`; conflict/`module_gone` when the copy of an earlier version is no longer there.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { newId } from '@aws-deployer/platform/database/ids';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { declaredVariables, type DeclaredVariable } from './module-variables.js';

export interface ModuleFoldersParts {
  /** Holds `environments/` and `modules/`. */
  readonly repository: string;
  /** The operator's folders; null: there are none in this mode. */
  readonly local: string | null;
}
/** A module as it is now: `tree` is copied whole, since its environments read the modules beside them. */
interface Module {
  readonly tree: string;
  readonly root: string;
}
export interface ModuleCopy {
  readonly hash: string;
  /** Folder that Terraform works in. */
  readonly root: string;
}

const LEFT_OUT = new Set(['.terraform', '.git', 'tests', 'node_modules']);
const isLeftOut = (name: string): boolean =>
  LEFT_OUT.has(name) || /\.tfstate(\.|$)|\.tfvars(\.json)?$|\.lock\.info$/.test(name);

export class ModuleFolders {
  constructor(private readonly parts: ModuleFoldersParts) {}

  async list(): Promise<string[]> {
    const { repository, local } = this.parts;
    const names = async (kind: string, folder: string) =>
      (await foldersIn(folder)).sort().map((name) => `${kind}/${name}`);
    return [
      ...(await names('repository', join(repository, 'environments'))),
      ...(local === null ? [] : await names('local', local)),
    ];
  }

  /** What the module declares now; null: that cannot be read here. */
  async variables(module: string): Promise<DeclaredVariable[] | null> {
    const { root } = await this.#find(module);
    const names = await readdir(root);
    if (names.some((name) => name.endsWith('.tf.json'))) return null;
    const files = names.filter((name) => name.endsWith('.tf')).sort();
    return declaredVariables(await Promise.all(files.map((name) => readFile(join(root, name), 'utf8'))));
  }

  /** Copies what the module is now below `copies`, unless that copy is there already. */
  async copy(module: string, copies: string): Promise<ModuleCopy> {
    const { tree, root } = await this.#find(module);
    const files = await filesOf(tree);
    const hash = createHash('sha256').update(module);
    for (const file of files)
      hash.update(`\0${file}\0`).update(
        createHash('sha256')
          .update(await readFile(join(tree, file)))
          .digest(),
      );
    const digest = hash.digest('hex');
    const folder = join(copies, digest);
    if (!(await isFolder(folder))) {
      const fresh = join(copies, `new-${newId()}`);
      for (const file of files) {
        const target = join(fresh, file);
        await mkdir(join(target, '..'), { recursive: true, mode: 0o700 });
        await cp(join(tree, file), target);
      }
      await rename(fresh, folder).catch(async (error: unknown) => {
        await rm(fresh, { recursive: true, force: true });
        if (!(await isFolder(folder))) throw error; // else another run was first
      });
    }
    return { hash: digest, root: join(folder, relative(tree, root)) };
  }

  /** A copy made earlier. */
  async earlier(module: string, hash: string, copies: string): Promise<ModuleCopy> {
    const root = join(copies, hash, module.startsWith('repository/') ? join('environments', nameOf(module)) : '');
    if (!(await isFolder(root)))
      throw new AppError(
        'conflict',
        'module_gone',
        `The files of ${module} as they were then are no longer kept: plan the environment as it is set now`,
      );
    return { hash, root };
  }

  async #find(module: string): Promise<Module> {
    const { repository, local } = this.parts;
    const name = nameOf(module);
    const found: Module | undefined = module.startsWith('repository/')
      ? { tree: repository, root: join(repository, 'environments', name) }
      : local === null
        ? undefined
        : { tree: join(local, name), root: join(local, name) };
    if (found === undefined || !(await isFolder(found.root)))
      throw new AppError(
        'not_found',
        'module_not_found',
        `There is no module ${module}: see GET /api/v1/infra/modules`,
      );
    return found;
  }
}

const nameOf = (module: string): string => module.slice(module.indexOf('/') + 1);

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
}

/** Files below `tree` by their path, in order. Links are not followed: they could lead anywhere. */
async function filesOf(tree: string): Promise<string[]> {
  const found: string[] = [];
  const look = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (isLeftOut(entry.name)) continue;
      if (entry.isDirectory()) await look(join(folder, entry.name));
      else if (entry.isFile()) found.push(relative(tree, join(folder, entry.name)).split(sep).join('/'));
    }
  };
  await look(tree);
  return found.sort();
}
