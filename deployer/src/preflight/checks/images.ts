/** The images of the pods: there, permitted, for these nodes, and with something to run. Pure. */
import type { AppError } from '@aws-deployer/platform/errors/app-error';
import type { ImageFacts } from '../../ports/image-registry.js';
import { failed, orPassed, passed, untold, warned, type Check } from '../check.js';
import { valueOf, type ClusterState } from '../cluster-state.js';
import type { DesiredState } from '../desired-state.js';
import { allContainers } from '../pod-shape.js';
import { nodeOf, refusalEver } from './node-fit.js';

/** What a registry said of an image. */
export type ImageAnswer = { readonly image: string } & (
  | { readonly outcome: 'found'; readonly facts: ImageFacts }
  | { readonly outcome: 'refused'; readonly error: AppError }
  | { readonly outcome: 'untold'; readonly why: string }
  /** It is made by this deployment. */
  | { readonly outcome: 'to_be_built'; readonly registry: ImageAnswer | undefined; readonly note: string }
);
/** What the place can run. */
export interface ImagePlace {
  readonly embedded: boolean;
  readonly runsContainers: boolean;
}

type NodesRead = Pick<ClusterState, 'nodes'>;

export const images =
  (answers: readonly ImageAnswer[], place: ImagePlace) =>
  (desired: DesiredState, state: NodesRead): readonly Check[] => {
    const checks = [
      ...answers.flatMap((answer) => judge(answer, desired, state, place)),
      ...neverPulled(desired, state),
    ];
    return orPassed('image', checks, 'The images can be pulled.');
  };

function judge(answer: ImageAnswer, desired: DesiredState, state: NodesRead, place: ImagePlace): readonly Check[] {
  const { image } = answer;
  switch (answer.outcome) {
    case 'untold':
      return [untold('image', `${image} could not be looked up: ${answer.why}`, 'registry_unreachable', image)];
    case 'refused':
      return [refused(image, answer.error)];
    case 'to_be_built': {
      const registry = answer.registry;
      // A repository or tag that is not there yet is what a build makes.
      if (registry?.outcome === 'refused' && registry.error.code !== 'image_not_found')
        return [{ ...refused(image, registry.error), state: 'warn' }];
      return [passed('image', answer.note, image)];
    }
    case 'found':
      return usable(image, answer.facts, desired, state, place);
  }
}

/** The registry's refusal in the codes of the verdict. */
export function refused(image: string, error: AppError, name: 'image' | 'base_image' = 'image'): Check {
  const object = image;
  const of = { fault: 'release' as const, object, evidence: [error.message] };
  const text = `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`;
  if (/toomanyrequests|\b429\b|rate limit/i.test(text))
    return warned(name, {
      ...of,
      code: 'registry_rate_limited',
      fault: 'platform',
      message: `The registry limits how often ${image} may be asked for, so it is not known whether it is there`,
      mend: 'Wait, or log in to the registry with an account that may pull more',
    });
  switch (error.code) {
    case 'image_not_found':
      return failed(name, {
        ...of,
        code: 'image_not_found',
        message: `The image ${image} does not exist in its registry`,
        mend: 'Check name and tag, and that the image was pushed',
      });
    case 'image_auth_failed':
      return failed(name, {
        ...of,
        code: 'image_pull_unauthorized',
        message: `The registry does not let ${image} be pulled`,
        mend: 'Give the registry’s credential with the deployment (source.credential), or make the image public',
      });
    case 'image_reference_invalid':
      return failed(name, {
        ...of,
        code: 'invalid_image_name',
        message: `The image name ${image} is not valid: ${error.message}`,
        mend: 'Image names are lower-case: registry/name:tag',
      });
    default:
      return error.kind === 'unavailable'
        ? untold(name, `${image} could not be looked up: ${error.message}`, 'registry_unreachable', object)
        : failed(name, { ...of, code: error.code, message: error.message, mend: error.fields[0]?.mend ?? '' });
  }
}

function usable(
  image: string,
  facts: ImageFacts,
  desired: DesiredState,
  state: NodesRead,
  { embedded, runsContainers }: ImagePlace,
): readonly Check[] {
  if (facts.runtime === 'host' && !embedded)
    return [
      failed('image', {
        code: 'image_runtime',
        fault: 'release',
        object: image,
        message: 'A host-built image only runs on the cluster that comes with the platform',
        mend: 'Build it with the docker builder',
      }),
    ];
  if (facts.runtime === 'container' && embedded && !runsContainers)
    return [
      failed('image', {
        code: 'image_runtime',
        fault: 'release',
        object: image,
        message: 'A container image needs a Docker Engine to run in, and none answers on this machine',
        mend: 'Start a Docker Engine (DOCKER_HOST), set KUBECONFIG to a cluster, or deploy a source that is built here',
      }),
    ];
  const users = desired.workloads.filter(({ pod }) => allContainers(pod).some((one) => sameImage(one.image, image)));
  const silent = users
    .flatMap(({ pod }) => allContainers(pod))
    .find((one) => sameImage(one.image, image) && facts.startsSomething === false && one.command === undefined);
  if (silent !== undefined)
    return [
      failed('image', {
        code: 'container_cannot_run',
        fault: 'release',
        object: image,
        message: `Container ${silent.name} cannot start: ${image} names no program to run (neither ENTRYPOINT nor CMD), and the deployment gives none`,
        mend: 'Give workload.command, or add ENTRYPOINT or CMD to the image',
      }),
    ];
  return architecture(image, facts, users, state);
}

function architecture(
  image: string,
  { architectures }: ImageFacts,
  users: DesiredState['workloads'],
  state: NodesRead,
): readonly Check[] {
  const nodes = valueOf(state.nodes, []).map(nodeOf);
  const able = nodes.filter((node) => users.every(({ pod }) => refusalEver(node, pod)?.cause !== 'affinity'));
  const known = able.filter((node) => node.architecture !== undefined);
  const wrong = known.filter((node) => !architectures.includes(node.architecture ?? ''));
  if (known.length === 0 || wrong.length === 0) return [];
  const of = {
    code: 'wrong_architecture',
    fault: 'release' as const,
    object: image,
    mend: 'Build the image for the architecture of the cluster’s nodes, or select nodes of its own',
    evidence: [
      `image: ${architectures.join(', ')}`,
      `nodes: ${[...new Set(known.map((node) => node.architecture ?? ''))].join(', ')}`,
    ],
  };
  const words = `${image} is built for ${architectures.join(', ')}`;
  return [
    wrong.length === known.length
      ? failed('image', { ...of, message: `${words}, and no node has that architecture` })
      : warned('image', {
          ...of,
          message: `${words}; ${String(wrong.length)} of ${String(known.length)} nodes have another architecture, and pods may land there`,
        }),
  ];
}

/** `Never` works only where the image is on the node already. */
function neverPulled(desired: DesiredState, state: NodesRead): readonly Check[] {
  const there = valueOf(state.nodes, []).flatMap((node) => nodeOf(node).images);
  return desired.workloads.flatMap(({ object, pod }) =>
    allContainers(pod)
      .filter(({ imagePullPolicy, image = '' }) => imagePullPolicy === 'Never' && !there.includes(image))
      .map(({ name, image = '' }) =>
        failed('image', {
          code: 'image_never_pull',
          fault: 'release',
          object,
          message: `The image ${image} of container ${name} is on no node and must not be pulled (pull policy Never)`,
          mend: 'Let it be pulled (imagePullPolicy IfNotPresent)',
        }),
      ),
  );
}

/** A pod names an image by digest, the request by tag. */
export const sameImage = (used: string | undefined, asked: string): boolean =>
  used === asked || repositoryOf(used ?? '') === repositoryOf(asked);
const repositoryOf = (image: string): string => {
  const bare = image.split('@')[0] ?? image;
  const tagAt = bare.lastIndexOf(':');
  return (tagAt > bare.lastIndexOf('/') ? bare.slice(0, tagAt) : bare).replace(/^docker\.io\/(library\/)?/, '');
};
