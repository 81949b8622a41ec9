import type { KubeObject, ObjectStore } from '../store/object-store.js';
import { isObject } from '../store/json-tree.js';
import { forbidden } from '../store/status-error.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import type { Job, PersistentVolumeClaim, Pod, Toleration } from '../resources/types.js';
import { applyLimitRangeDefaults } from './limit-ranges.js';
import { ensureObject, setDefault } from './pod-defaults.js';
import { qosClassOf } from './pod-quality.js';

/**
 * What a new object gets beside its defaults: its first status (a client's own is ignored), and for pods what the
 * ServiceAccount, Priority and DefaultTolerationSeconds admission plugins add.
 */
const FIRST_STATUS = new Map<string, () => Record<string, unknown>>([
  ['core/services', () => ({ loadBalancer: {} })],
  ['core/namespaces', () => ({ phase: 'Active' })],
  ['core/persistentvolumeclaims', () => ({ phase: 'Pending' })],
  ['core/persistentvolumes', () => ({ phase: 'Pending' })],
  ['apps/statefulsets', () => ({ replicas: 0, availableReplicas: 0 })],
  ['apps/replicasets', () => ({ replicas: 0 })],
  ['core/replicationcontrollers', () => ({ replicas: 0 })],
  [
    'apps/daemonsets',
    () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
  ],
  ['autoscaling/horizontalpodautoscalers', () => ({ desiredReplicas: 0, currentMetrics: null })],
  [
    'policy/poddisruptionbudgets',
    () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  ],
  ['networking.k8s.io/ingresses', () => ({ loadBalancer: {} })],
]);

const NOT_READY_SECONDS = 300;

const tolerate = (tolerations: Toleration[], key: string): void => {
  const covered = tolerations.some(
    (toleration) =>
      (toleration.key === key || (toleration.key ?? '') === '') &&
      (toleration.effect === 'NoExecute' || (toleration.effect ?? '') === ''),
  );
  if (!covered)
    tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: NOT_READY_SECONDS });
};

const preparePod = (store: ObjectStore, resource: ResourceDefinition, pod: Pod): void => {
  const spec = pod.spec;
  if (!isObject(spec)) return;
  const { namespace } = pod.metadata;
  applyLimitRangeDefaults(store, pod);
  if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
  spec.serviceAccount = spec.serviceAccountName ?? 'default';
  if (store.get('core/serviceaccounts', namespace, spec.serviceAccount) === undefined)
    throw forbidden(
      `core/${resource.plural}`,
      nameSoFar(pod),
      `error looking up service account ${namespace ?? ''}/${spec.serviceAccount}: serviceaccount "${spec.serviceAccount}" not found`,
    );
  preparePriority(store, pod);
  const tolerations = Array.isArray(spec.tolerations) ? spec.tolerations : [];
  tolerate(tolerations, 'node.kubernetes.io/not-ready');
  tolerate(tolerations, 'node.kubernetes.io/unreachable');
  spec.tolerations = tolerations;
  pod.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
};

/** Kubernetes makes the name of a pod after these checks, so their refusals know only its beginning. */
const nameSoFar = ({ metadata }: Pod): string => metadata.generateName ?? metadata.name;

const preparePriority = (store: ObjectStore, pod: Pod): void => {
  const spec = pod.spec;
  if (spec === undefined) return;
  const className = spec.priorityClassName ?? '';
  const found = className === '' ? undefined : store.get('scheduling.k8s.io/priorityclasses', undefined, className);
  if (className !== '' && found === undefined)
    throw forbidden('core/pods', nameSoFar(pod), `no PriorityClass with name ${className} was found`);
  const runtime = spec.runtimeClassName ?? '';
  if (runtime !== '' && store.get('node.k8s.io/runtimeclasses', undefined, runtime) === undefined)
    throw forbidden('core/pods', nameSoFar(pod), `pod rejected: RuntimeClass ${JSON.stringify(runtime)} not found`);
  spec.priority = Number(found?.['value'] ?? 0);
  setDefault(spec, 'preemptionPolicy', found?.['preemptionPolicy'] ?? 'PreemptLowerPriority');
};

/** A Job's pods are told from others by the Job's uid. */
const prepareJob = (job: Job): void => {
  const spec = job.spec;
  if (!isObject(spec) || spec.manualSelector === true) return;
  const { uid = '', name } = job.metadata;
  const marks = {
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
  };
  const template = ensureObject(spec, 'template');
  const metadata = ensureObject(template, 'metadata');
  Object.assign(ensureObject(metadata, 'labels'), marks);
  spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
  // A Job without labels of its own has been given its template's; the marks belong to those too.
  job.metadata.labels = { ...(metadata['labels'] as Record<string, string>), ...job.metadata.labels };
};

export const prepareForCreate = (store: ObjectStore, resource: ResourceDefinition, object: KubeObject): void => {
  if (resource.subresources.some((subresource) => subresource.name === 'status')) {
    // On a Node (and for what the kubelet registers) the status of a create counts.
    if (resource.key !== 'core/nodes') object.status = FIRST_STATUS.get(resource.key)?.() ?? {};
    else setDefault(object, 'status', {});
  }
  switch (resource.key) {
    case 'core/pods':
      preparePod(store, resource, object as Pod);
      break;
    case 'core/namespaces':
      setDefault(ensureObject(object, 'spec'), 'finalizers', ['kubernetes']);
      break;
    case 'batch/jobs':
      prepareJob(object as Job);
      break;
    case 'core/persistentvolumeclaims':
      prepareClaim(store, object);
      break;
    default:
  }
};

/** The protection of claims in use, and the default class for one that names none. */
const prepareClaim = (store: ObjectStore, claim: PersistentVolumeClaim): void => {
  claim.metadata.finalizers = [...new Set([...(claim.metadata.finalizers ?? []), 'kubernetes.io/pvc-protection'])];
  if (!isObject(claim.spec) || claim.spec.storageClassName !== undefined) return;
  const standard = store
    .list('storage.k8s.io/storageclasses')
    .find(({ metadata }) => metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
  if (standard !== undefined) claim.spec.storageClassName = standard.metadata.name;
};
