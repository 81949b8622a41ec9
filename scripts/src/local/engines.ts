/** What was picked for each port of the outside world, and why: one line each at the start, and handed to the console. */
import type { EngineView } from '@aws-deployer/platform/contracts/applications';
import type { Environment } from '@aws-deployer/platform/runtime/config';
import { AWS_IDENTITY_VARIABLES } from '@aws-deployer/codebuild-service/config';
import type { DockerAnswer } from './docker-engine.js';
import type { Settings } from './settings.js';

export interface Picked {
  readonly registry: { readonly host: string };
  /** Absent: a real cluster. */
  readonly localCluster?: {
    readonly url: string;
    readonly engines: { readonly runtime: string; readonly why: string };
  };
}

export function pickEngines(
  settings: Settings,
  docker: DockerAnswer,
  { registry, localCluster }: Picked,
  env: Environment,
): EngineView[] {
  const real = (port: EngineView['port'], picked: string, why: string): EngineView => ({
    port,
    picked,
    why,
    simulated: false,
  });
  return [
    docker.usable
      ? real('builder', 'docker', docker.why)
      : real('builder', 'host', `${docker.why}; Dockerfiles are carried out on this machine, without isolation`),
    real('registry', `embedded ${registry.host}`, 'the default until another one is made the default in /registries'),
    localCluster
      ? real('cluster', `local-cluster ${localCluster.url}`, 'KUBECONFIG is not set')
      : real('cluster', 'kubernetes', `KUBECONFIG is ${settings.KUBECONFIG ?? ''}`),
    localCluster
      ? {
          port: 'runtime',
          picked: localCluster.engines.runtime,
          why: localCluster.engines.why,
          simulated: localCluster.engines.runtime === 'simulated',
        }
      : real('runtime', 'kubernetes', 'the nodes of the cluster run the pods'),
    settings.DATABASE_URL === undefined
      ? real('database', 'sqlite', `DATABASE_URL is not set; files in ${settings.DATA_DIR}`)
      : real('database', 'mysql', `DATABASE_URL names ${new URL(settings.DATABASE_URL).host}`),
    awsEngine(docker, env),
  ];
}

/** Where build projects of the default account are built. Only the names of variables are told, never what is in them. */
function awsEngine(docker: DockerAnswer, env: Environment): EngineView {
  const named = AWS_IDENTITY_VARIABLES.filter((name) => (env[name] ?? '') !== '');
  const elsewhere = (env['AWS_ENDPOINT_URL'] ?? '') === '' ? '' : ', asked at AWS_ENDPOINT_URL';
  const view = { port: 'aws' as const, simulated: false };
  if (named.length > 0)
    return {
      ...view,
      picked: 'codebuild',
      why: `${named.join(', ')} ${named.length > 1 ? 'are' : 'is'} set${elsewhere}`,
    };
  const where = docker.usable ? 'in containers of the Docker Engine' : 'on this machine, without isolation';
  return { ...view, picked: 'local runner', why: `no identity at AWS is set (AWS_*); build projects run ${where}` };
}

export const engineLine = ({ port, picked, why }: EngineView): string => `${port.padEnd(9)} ${picked} (${why})`;
