import { messageOf } from '@aws-deployer/platform/errors/app-error';
import { parseCron } from '../controllers/cron-schedule.js';
import type { ResourceDefinition } from '../resources/resource-definition.js';
import { equalJson, isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';
import type { FieldProblem } from '../store/status-error.js';
import { goPodSpec } from './go-pod-spec.js';
import { LABEL_RULE, bad, isLabel, required, validateMetadata } from './validate-names.js';
import { validatePodSpec, validateWorkload } from './validate-pods.js';

/** Everything that is wrong with an object, as Kubernetes would say it with a 422: fields, and what must not change. Pure. */
export const validateObject = (
  resource: ResourceDefinition,
  object: KubeObject,
  existing: KubeObject | undefined,
): FieldProblem[] => [
  ...validateMetadata(resource.key, object),
  ...validateKind(resource.key, object),
  ...(existing === undefined ? [] : validateChange(resource.key, object, existing)),
];

const WORKLOADS = new Set(['apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets']);

const validateKind = (key: string, object: KubeObject): FieldProblem[] => {
  if (WORKLOADS.has(key)) return isObject(object.spec) ? validateWorkload(object.spec) : [required('spec.selector')];
  switch (key) {
    case 'core/pods':
      return validatePodSpec(object.spec, 'spec');
    case 'batch/jobs':
      return validatePodSpec(
        isObject(object.spec?.['template']) ? object.spec['template']['spec'] : undefined,
        'spec.template.spec',
      );
    case 'core/events': {
      const involved = object['involvedObject'];
      const about = isObject(involved) ? (involved['namespace'] ?? '') : '';
      // Events about what has no namespace stand in `default`.
      return about === (object.metadata.namespace ?? '') || (about === '' && object.metadata.namespace === 'default')
        ? []
        : [bad('involvedObject.namespace', about, 'does not match event.namespace')];
    }
    case 'batch/cronjobs':
      return validateCronJob(object.spec ?? {});
    case 'core/services':
      return validateService(object.spec ?? {});
    default:
      return [];
  }
};

const validateCronJob = ({ schedule, timeZone, jobTemplate }: JsonObject): FieldProblem[] => {
  const inner = isObject(jobTemplate) && isObject(jobTemplate['spec']) ? jobTemplate['spec']['template'] : undefined;
  const problems = validatePodSpec(isObject(inner) ? inner['spec'] : undefined, 'spec.jobTemplate.spec.template.spec');
  if (typeof schedule !== 'string' || schedule === '') return [required('spec.schedule'), ...problems];
  try {
    parseCron(schedule);
  } catch (error) {
    problems.unshift(bad('spec.schedule', schedule, messageOf(error)));
  }
  if (typeof timeZone === 'string' && !isTimeZone(timeZone))
    problems.unshift(bad('spec.timeZone', timeZone, `unknown time zone ${timeZone}`));
  return problems;
};

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false; // the only way that Intl has to say that it does not know one
  }
};

const validateService = (spec: JsonObject): FieldProblem[] => {
  const ports = Array.isArray(spec['ports']) ? (spec['ports'] as unknown[]).filter(isObject) : [];
  const problems: FieldProblem[] = [];
  if (ports.length === 0 && spec['clusterIP'] !== 'None' && spec['type'] !== 'ExternalName')
    problems.push(required('spec.ports'));
  for (const [index, port] of ports.entries()) {
    const field = `spec.ports[${index}]`;
    const { name, port: number, targetPort } = port;
    if (ports.length > 1 && (name === undefined || name === '')) problems.push(required(`${field}.name`));
    else if (typeof name === 'string' && name !== '' && !isLabel(name))
      problems.push(bad(`${field}.name`, name, LABEL_RULE));
    if (typeof number !== 'number' || number < 1 || number > 65_535)
      problems.push(bad(`${field}.port`, number ?? 0, 'must be between 1 and 65535, inclusive'));
    if (typeof targetPort === 'number' && (targetPort < 1 || targetPort > 65_535))
      problems.push(bad(`${field}.targetPort`, targetPort, 'must be between 1 and 65535, inclusive'));
  }
  return problems;
};

const immutable = (field: string, value: unknown): FieldProblem => bad(field, value ?? null, 'field is immutable');

const STATEFUL_CHANGES = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

const podSpecIn = ({ template }: JsonObject): JsonObject =>
  isObject(template) && isObject(template['spec']) ? template['spec'] : {};

/** Where a Job's pods go may still be changed while it is suspended. */
const PLACING = ['nodeSelector', 'affinity', 'tolerations', 'schedulingGates'];
const fixedInTemplate = (spec: JsonObject): JsonObject => {
  if (spec['suspend'] !== true) return podSpecIn(spec);
  return Object.fromEntries(Object.entries(podSpecIn(spec)).filter(([field]) => !PLACING.includes(field)));
};

/** What stays for the life of Jobs, StatefulSets and role bindings. */
const validateImmutable = (key: string, object: KubeObject, existing: KubeObject): FieldProblem[] => {
  const [now, before] = [object.spec ?? {}, existing.spec ?? {}];
  if (key === 'batch/jobs')
    return [
      ...['selector', 'completionMode', 'manualSelector']
        .filter((field) => !equalJson(now[field], before[field]))
        .map((field) => immutable(`spec.${field}`, now[field])),
      ...(equalJson(fixedInTemplate(now), fixedInTemplate(before))
        ? []
        : [immutable('spec.template.spec', goPodSpec(podSpecIn(now)))]),
    ];
  if (key === 'apps/statefulsets') {
    const kept = (spec: JsonObject): JsonObject =>
      Object.fromEntries(Object.entries(spec).filter(([field]) => !STATEFUL_CHANGES.includes(field)));
    return equalJson(kept(now), kept(before))
      ? []
      : [
          {
            field: 'spec',
            reason: 'FieldValueForbidden',
            message: `Forbidden: updates to statefulset spec for fields other than ${STATEFUL_CHANGES.slice(0, -1)
              .map((field) => `'${field}'`)
              .join(', ')} and 'minReadySeconds' are forbidden`,
          },
        ];
  }
  const role = object['roleRef'];
  if (/rolebindings$/.test(key) && isObject(role) && !equalJson(role, existing['roleRef']))
    return [
      bad('roleRef', { APIGroup: role['apiGroup'], Kind: role['kind'], Name: role['name'] }, 'cannot change roleRef'),
    ];
  return [];
};

const validateChange = (key: string, object: KubeObject, existing: KubeObject): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const added = (object.metadata.finalizers ?? []).filter(
    (name) => !(existing.metadata.finalizers ?? []).includes(name),
  );
  if (existing.metadata.deletionTimestamp !== undefined && added.length > 0) {
    const problem = {
      field: 'metadata.finalizers',
      reason: 'FieldValueForbidden',
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
    };
    // Kubernetes checks twice and says so.
    problems.push(problem, problem);
  }
  if (
    (key === 'apps/deployments' || key === 'apps/replicasets') &&
    !equalJson(object.spec?.['selector'], existing.spec?.['selector'])
  )
    problems.push(immutable('spec.selector', object.spec?.['selector']));
  if (key === 'core/services') {
    const [now, before] = [object.spec?.['clusterIP'], existing.spec?.['clusterIP']];
    if (before !== undefined && before !== '' && now !== before && object.spec?.['type'] !== 'ExternalName')
      problems.push({
        field: 'spec.clusterIPs[0]',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify([now])}: may not change once set`,
      });
  }
  problems.push(...validateImmutable(key, object, existing));
  if (key === 'core/secrets' && object['type'] !== existing['type']) problems.push(immutable('type', object['type']));
  if ((key === 'core/secrets' || key === 'core/configmaps') && existing['immutable'] === true) {
    if (object['immutable'] !== true)
      problems.push({
        field: 'immutable',
        reason: 'FieldValueForbidden',
        message: 'Forbidden: field is immutable when `immutable` is set',
      });
    if (!equalJson(object['data'], existing['data']))
      problems.push({
        field: 'data',
        reason: 'FieldValueForbidden',
        message: 'Forbidden: field is immutable when `immutable` is set',
      });
  }
  return problems;
};
