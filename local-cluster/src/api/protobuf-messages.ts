/**
 * The messages that kubectl sends as protobuf (`create …`, `expose`, `autoscale`, `auth`), with the field numbers of Kubernetes'
 * generated.proto. Not every field of every message is here; the reader refuses a body that fills another one.
 */
export type FieldType =
  | 'string'
  | 'bytes'
  | 'bool'
  | 'int'
  /** A number whose zero means that it was not set; a truth whose falsehood does. */
  | 'count'
  | 'flag'
  | 'stringMap'
  | 'bytesMap'
  | 'quantityMap'
  /** A number or a text: `{type, intVal, strVal}`. */
  | 'intOrString'
  | 'quantity';

export interface Field {
  readonly name: string;
  readonly type: FieldType | Message;
  readonly list?: true;
  /** Its members stand in the place of the field itself. */
  readonly inline?: true;
}
export interface Message {
  readonly [number: number]: Field;
}

const of =
  (type: FieldType) =>
  (name: string): Field => ({ name, type });
const text = of('string');
const int = of('int');
const count = of('count');
const bool = of('bool');
const flag = of('flag');
const texts = of('stringMap');
const intOrString = of('intOrString');
const quantities = of('quantityMap');
const message = (name: string, type: Message): Field => ({ name, type });
const list = (field: Field): Field => ({ ...field, list: true });

const META: Message = {
  1: text('name'),
  2: text('generateName'),
  3: text('namespace'),
  5: text('uid'),
  6: text('resourceVersion'),
  11: texts('labels'),
  12: texts('annotations'),
  13: list(
    message('ownerReferences', {
      1: text('kind'),
      3: text('name'),
      4: text('uid'),
      5: text('apiVersion'),
      6: bool('controller'),
      7: bool('blockOwnerDeletion'),
    }),
  ),
  14: list(text('finalizers')),
};
const metadata = message('metadata', META);
const SELECTOR: Message = {
  1: texts('matchLabels'),
  2: list(message('matchExpressions', { 1: text('key'), 2: text('operator'), 3: list(text('values')) })),
};
const CONTAINER: Message = {
  1: text('name'),
  2: text('image'),
  3: list(text('command')),
  4: list(text('args')),
  5: text('workingDir'),
  6: list(message('ports', { 1: text('name'), 2: count('hostPort'), 3: int('containerPort'), 4: text('protocol') })),
  7: list(message('env', { 1: text('name'), 2: text('value') })),
  8: message('resources', { 1: quantities('limits'), 2: quantities('requests') }),
  13: text('terminationMessagePath'),
  14: text('imagePullPolicy'),
  16: flag('stdin'),
  17: flag('stdinOnce'),
  18: flag('tty'),
  20: text('terminationMessagePolicy'),
};
const POD_TEMPLATE: Message = {
  1: metadata,
  2: message('spec', {
    2: list(message('containers', CONTAINER)),
    3: text('restartPolicy'),
    4: int('terminationGracePeriodSeconds'),
    5: int('activeDeadlineSeconds'),
    6: text('dnsPolicy'),
    7: texts('nodeSelector'),
    8: text('serviceAccountName'),
    9: text('serviceAccount'),
    10: text('nodeName'),
    14: message('securityContext', {}),
    15: list(message('imagePullSecrets', { 1: text('name') })),
    19: text('schedulerName'),
    20: list(message('initContainers', CONTAINER)),
    24: text('priorityClassName'),
  }),
};
const JOB_SPEC: Message = {
  1: int('parallelism'),
  2: int('completions'),
  3: int('activeDeadlineSeconds'),
  4: message('selector', SELECTOR),
  5: bool('manualSelector'),
  6: message('template', POD_TEMPLATE),
  7: int('backoffLimit'),
  8: int('ttlSecondsAfterFinished'),
  9: text('completionMode'),
  10: bool('suspend'),
  14: text('podReplacementPolicy'),
};
const INGRESS_BACKEND: Message = {
  4: message('service', { 1: text('name'), 2: message('port', { 1: text('name'), 2: count('number') }) }),
};
const INGRESS_RULE: Message = {
  1: text('host'),
  2: {
    name: '',
    inline: true,
    type: {
      1: message('http', {
        1: list(message('paths', { 1: text('path'), 2: message('backend', INGRESS_BACKEND), 3: text('pathType') })),
      }),
    },
  },
};
const SCALE_TARGET = message('scaleTargetRef', { 1: text('kind'), 2: text('name'), 3: text('apiVersion') });
const METRIC_TARGET = message('target', {
  1: text('type'),
  2: { name: 'value', type: 'quantity' },
  3: { name: 'averageValue', type: 'quantity' },
  4: int('averageUtilization'),
});
const RULES = list(
  message('rules', {
    1: list(text('verbs')),
    2: list(text('apiGroups')),
    3: list(text('resources')),
    4: list(text('resourceNames')),
    5: list(text('nonResourceURLs')),
  }),
);
const BINDING: Message = {
  1: metadata,
  2: list(message('subjects', { 1: text('kind'), 2: text('apiGroup'), 3: text('name'), 4: text('namespace') })),
  3: message('roleRef', { 1: text('apiGroup'), 2: text('kind'), 3: text('name') }),
};
const RESOURCE_ATTRIBUTES: Message = {
  1: text('namespace'),
  2: text('verb'),
  3: text('group'),
  4: text('version'),
  5: text('resource'),
  6: text('subresource'),
  7: text('name'),
};
const withSpec = (spec: Message): Message => ({ 1: metadata, 2: message('spec', spec) });

export const KINDS: Readonly<Record<string, Message>> = {
  'v1/Namespace': withSpec({ 1: list(text('finalizers')) }),
  'v1/ConfigMap': { 1: metadata, 2: texts('data'), 3: of('bytesMap')('binaryData'), 4: bool('immutable') },
  'v1/Secret': {
    1: metadata,
    2: of('bytesMap')('data'),
    3: text('type'),
    4: texts('stringData'),
    5: bool('immutable'),
  },
  'v1/ServiceAccount': { 1: metadata },
  'v1/ResourceQuota': withSpec({ 1: quantities('hard'), 2: list(text('scopes')) }),
  'v1/Service': withSpec({
    1: list(
      message('ports', {
        1: text('name'),
        2: text('protocol'),
        3: int('port'),
        4: intOrString('targetPort'),
        5: count('nodePort'),
        6: text('appProtocol'),
      }),
    ),
    2: texts('selector'),
    3: text('clusterIP'),
    4: text('type'),
    5: list(text('externalIPs')),
    7: text('sessionAffinity'),
    8: text('loadBalancerIP'),
    10: text('externalName'),
    11: text('externalTrafficPolicy'),
    18: list(text('clusterIPs')),
  }),
  'apps/v1/Deployment': withSpec({
    1: int('replicas'),
    2: message('selector', SELECTOR),
    3: message('template', POD_TEMPLATE),
  }),
  'batch/v1/Job': withSpec(JOB_SPEC),
  'batch/v1/CronJob': withSpec({
    1: text('schedule'),
    2: int('startingDeadlineSeconds'),
    3: text('concurrencyPolicy'),
    4: bool('suspend'),
    5: message('jobTemplate', withSpec(JOB_SPEC)),
    6: int('successfulJobsHistoryLimit'),
    7: int('failedJobsHistoryLimit'),
    8: text('timeZone'),
  }),
  'networking.k8s.io/v1/Ingress': withSpec({
    1: message('defaultBackend', INGRESS_BACKEND),
    2: list(message('tls', { 1: list(text('hosts')), 2: text('secretName') })),
    3: list(message('rules', INGRESS_RULE)),
    4: text('ingressClassName'),
  }),
  'policy/v1/PodDisruptionBudget': withSpec({
    1: intOrString('minAvailable'),
    2: message('selector', SELECTOR),
    3: intOrString('maxUnavailable'),
  }),
  'scheduling.k8s.io/v1/PriorityClass': {
    1: metadata,
    2: int('value'),
    3: flag('globalDefault'),
    4: text('description'),
    5: text('preemptionPolicy'),
  },
  'autoscaling/v1/HorizontalPodAutoscaler': withSpec({
    1: SCALE_TARGET,
    2: int('minReplicas'),
    3: int('maxReplicas'),
    4: int('targetCPUUtilizationPercentage'),
  }),
  'autoscaling/v2/HorizontalPodAutoscaler': withSpec({
    1: SCALE_TARGET,
    2: int('minReplicas'),
    3: int('maxReplicas'),
    4: list(message('metrics', { 1: text('type'), 4: message('resource', { 1: text('name'), 2: METRIC_TARGET }) })),
  }),
  'rbac.authorization.k8s.io/v1/Role': { 1: metadata, 2: RULES },
  'rbac.authorization.k8s.io/v1/ClusterRole': { 1: metadata, 2: RULES },
  'rbac.authorization.k8s.io/v1/RoleBinding': BINDING,
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding': BINDING,
  'authentication.k8s.io/v1/TokenRequest': withSpec({
    1: list(text('audiences')),
    3: message('boundObjectRef', { 1: text('kind'), 2: text('apiVersion'), 3: text('name'), 4: text('uid') }),
    4: int('expirationSeconds'),
  }),
  'authentication.k8s.io/v1/SelfSubjectReview': { 1: metadata },
  'authorization.k8s.io/v1/SelfSubjectAccessReview': withSpec({
    1: message('resourceAttributes', RESOURCE_ATTRIBUTES),
    2: message('nonResourceAttributes', { 1: text('path'), 2: text('verb') }),
  }),
  'authorization.k8s.io/v1/SelfSubjectRulesReview': withSpec({ 1: text('namespace') }),
};
