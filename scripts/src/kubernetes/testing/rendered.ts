/**
 * The objects that `kubectl kustomize` makes of a folder of k8s/, for tests. Components are rendered on top of the base by a
 * kustomization made for it, so each can be looked at alone. Throws what kubectl says.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

export const root = dirname(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))));
const folder = join(root, 'k8s');

export interface KubeDocument {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** Whether a program is there; with CI=true a missing one is an error, so that no test is left out unseen. */
export function has(program: string, ...version: string[]): boolean {
  const there = spawnSync(program, version, { timeout: 20_000 }).error === undefined;
  if (!there && process.env['CI'] === 'true')
    throw new Error(`${program} is not here, and its tests may not be skipped`);
  return there;
}
export const hasKubectl = has('kubectl', 'version', '--client');

export const idOf = ({ kind, metadata }: KubeDocument): string =>
  `${kind}/${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;

export function parseDocuments(text: string): KubeDocument[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const value = document.toJS({ maxAliasCount: 1_000 }) as KubeDocument | null;
    return value === null ? [] : [value];
  });
}

/** YAML of a folder, as `k8s/overlays/production`. */
export const renderText = (path: string): string =>
  execFileSync('kubectl', ['kustomize', path.startsWith('/') ? path : join(root, path)], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
export const render = (path: string): KubeDocument[] => parseDocuments(renderText(path));

/** The base with components, in their order. */
export function renderWith(components: readonly string[], namespace = 'aws-deployer'): KubeDocument[] {
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), 'aws-deployer-kustomize-')));
  const at = (path: string): string => relative(temporary, join(folder, path));
  try {
    const kustomization = {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      namespace,
      resources: [at('base')],
      components: components.map((component) => at(`components/${component}`)),
    };
    writeFileSync(join(temporary, 'kustomization.yaml'), JSON.stringify(kustomization));
    return render(temporary);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
