/** What `kubectl kustomize` makes of a folder of k8s/: the objects as a cluster would get them. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from './started-platform.js';

export interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** `folder`: `base` or `overlays/production`. */
export async function renderOverlay(folder: string): Promise<readonly KubernetesObject[]> {
  const { stdout } = await promisify(execFile)('kubectl', ['kustomize', join(repositoryRoot, 'k8s', folder)], {
    maxBuffer: 2 ** 26,
  });
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
}

export function objectOf(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}
