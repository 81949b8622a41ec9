/** What pressing Deploy will do, step by step, in sentences. Pure. */
import type { EngineView } from '@aws-deployer/platform/contracts/applications';
import { shortRepo } from '../deployments/source-words.js';
import type { DeployValues } from './form-values.js';

export interface PlanStep {
  readonly stage: string;
  readonly text: string;
}

const BUILDER_WORDS: Readonly<Record<string, string>> = {
  docker: 'the Docker Engine',
  host: 'the host builder',
  codebuild: 'the build service, in its queue',
};
const LANGUAGE_WORDS = { python: 'Python', node: 'Node', static: 'static page' } as const;

export function planOf(values: DeployValues, engines: readonly EngineView[]): PlanStep[] {
  const picked = (port: EngineView['port']) => engines.find((engine) => engine.port === port)?.picked;
  const environment = values.environment.trim() === '' ? 'development' : values.environment.trim();
  const namespace = values.namespace.trim() === '' ? null : values.namespace.trim();
  const replicas = values.replicas === '' ? 1 : values.replicas;
  return [
    { stage: 'Fetch', text: fetchWords(values) },
    ...(values.sourceType === 'image' ? [] : [{ stage: 'Build', text: buildWords(values, picked('builder')) }]),
    {
      stage: 'Roll out',
      text: `${replicas === 1 ? '1 pod' : `${replicas} pods`} as a ${values.kind} in ${environment}${
        namespace === null ? '' : ` (namespace ${namespace})`
      }. Old pods keep answering until the new ones are ready.`,
    },
    { stage: 'Test', text: testWords(values) },
    {
      stage: 'Watch',
      text: `${
        values.monitorSeconds === '' ? 'For the environment’s monitoring time' : `For ${values.monitorSeconds} s`
      }. If the release turns out bad, the last stable one comes back by itself.`,
    },
  ];
}

function fetchWords(values: DeployValues): string {
  if (values.sourceType === 'snippet')
    return `The pasted ${LANGUAGE_WORDS[values.language]} source, with a Dockerfile written for it.`;
  if (values.sourceType === 'image') {
    return values.image.trim() === ''
      ? 'The image you name, by digest.'
      : `The image ${values.image.trim()}, by digest.`;
  }
  const ref = values.ref.trim() === '' ? 'the default branch' : values.ref.trim();
  return values.repoUrl.trim() === ''
    ? `Clone ${ref} of the repository.`
    : `Clone ${ref} of ${shortRepo(values.repoUrl.trim())}.`;
}

function buildWords(values: DeployValues, picked: string | undefined): string {
  const chosen = values.builder === 'auto' ? (picked ?? '') : values.builder;
  const builder = BUILDER_WORDS[chosen] ?? 'the builder of this platform';
  const file = values.dockerfile.trim() === '' ? 'Dockerfile' : values.dockerfile.trim();
  const what = values.sourceType === 'snippet' ? 'The image' : `The image from ${file}`;
  return `${what} with ${builder}, and push it to the registry.`;
}

function testWords(values: DeployValues): string {
  if (values.tests.length > 0)
    return `${values.tests.length === 1 ? 'Your check' : `Your ${values.tests.length} checks`} against the new pods.`;
  const path = values.healthPath.trim() === '' ? '/' : values.healthPath.trim();
  return `GET ${path} must answer below 500.`;
}
