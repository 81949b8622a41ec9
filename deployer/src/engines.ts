/** The outside world of the deployer: which adapter stands behind each port. Heavy ones are loaded at their first use. */
import { join, resolve } from 'node:path';
import type { EngineView } from '@aws-deployer/platform/contracts/applications';
import { GitSource } from '@aws-deployer/platform/git/git-source';
import { toolEnvironment } from '@aws-deployer/platform/runtime/tool-environment';
import type { KubeServer } from './adapters/kubernetes/kube-endpoint.js';
import { KubernetesCluster } from './adapters/kubernetes/kubernetes-cluster.js';
import type { DeployerConfig } from './config.js';
import { BUILDS } from './deployments/work-folder-sweep.js';
import type { Cluster } from './ports/cluster.js';
import type { ImageBuilder } from '@aws-deployer/image-builder/image-builder';
import type { ImageRegistry } from './ports/image-registry.js';
import type { SourceRepository } from '@aws-deployer/platform/git/source-repository';

/** Tests hand in their own. */
export interface Engines {
  readonly cluster: Cluster;
  readonly source: SourceRepository;
  readonly imageRegistry: ImageRegistry;
  readonly builders: { readonly docker?: ImageBuilder; readonly host?: ImageBuilder };
  /** Whether the embedded cluster can run images that are not host-built. */
  readonly runsContainers: boolean;
  readonly views: readonly EngineView[];
  close(): Promise<void>;
}

export function makeEngines(config: DeployerConfig): Engines {
  const dataDir = resolve(config.DATA_DIR);
  const localMode = config.MODE === 'local';
  const env = toolEnvironment(config);
  const cluster = new KubernetesCluster({ server: serverOf(config), embedded: config.CLUSTER_URL !== undefined });
  const runtime = config.ENGINES.find(({ port }) => port === 'runtime');
  const docker = config.DOCKER_HOST !== undefined;
  return {
    cluster,
    source: new GitSource({ localMode, allowedHosts: config.GIT_ALLOWED_HOSTS, dataDir, env }),
    imageRegistry: {
      resolve: async (image, account, signal) => {
        const { OciImageRegistry } = await import('./adapters/oci-registry/oci-image-registry.js');
        return new OciImageRegistry().resolve(image, account, signal);
      },
      look: async (image, account, signal) => {
        const { OciImageRegistry } = await import('./adapters/oci-registry/oci-image-registry.js');
        return new OciImageRegistry().look(image, account, signal);
      },
    },
    builders: {
      ...(docker
        ? {
            docker: onFirstUse('docker', async () => {
              const { DockerImageBuilder } = await import('@aws-deployer/image-builder/docker/docker-image-builder');
              return new DockerImageBuilder({ env, localMode });
            }),
          }
        : {}),
      // Without isolation: only where the platform runs for one machine and its owner.
      ...(localMode
        ? {
            host: onFirstUse('host', async () => {
              const { HostImageBuilder } = await import('@aws-deployer/image-builder/host/host-image-builder');
              return new HostImageBuilder({ scratchDir: join(dataDir, 'work', BUILDS), env });
            }),
          }
        : {}),
    },
    runsContainers: docker || runtime?.simulated === true,
    views: config.ENGINES,
    close: () => cluster.close(),
  };
}

function serverOf({ CLUSTER_URL, KUBECONFIG }: DeployerConfig): KubeServer {
  if (CLUSTER_URL !== undefined) return { url: CLUSTER_URL };
  if (KUBECONFIG !== undefined) return { kubeconfig: KUBECONFIG };
  return { inCluster: true };
}

function onFirstUse(name: 'docker' | 'host', load: () => Promise<ImageBuilder>): ImageBuilder {
  let builder: Promise<ImageBuilder> | undefined;
  return {
    name,
    build: async (request, signal) => {
      builder ??= load();
      return (await builder).build(request, signal);
    },
    basesToFetch: async (request, signal) => {
      builder ??= load();
      return (await (await builder).basesToFetch?.(request, signal)) ?? [];
    },
  };
}
