import { resourceOfKey, type ResourceDefinition } from '../resources/resource-definition.js';
import { isObject, type JsonObject } from '../store/json-tree.js';
import type { KubeObject } from '../store/object-store.js';

/** Objects that two versions serve: kept in one form, seen and written in the other. Pure. */
type Convert = (object: KubeObject) => KubeObject;

/** The stored object in the version that was asked for. Kind and version come first, as Kubernetes writes them. */
export const versioned = (resource: ResourceDefinition, object: KubeObject): KubeObject => {
  const { apiVersion: _version, kind: _kind, ...rest } = FORMS[resource.apiVersion]?.shown(object) ?? object;
  return { kind: resource.kind, apiVersion: resource.apiVersion, ...rest };
};

/** What a client wrote in the version of `resource`, in the form that is stored. */
export const storedForm = (resource: ResourceDefinition, object: KubeObject): KubeObject => {
  const form = FORMS[resource.apiVersion];
  return form === undefined
    ? object
    : { ...form.stored(object), apiVersion: resourceOfKey(resource.key).apiVersion, kind: resource.kind };
};

/** The resource in whose version an object is stored. */
export const storedResource = (resource: ResourceDefinition): ResourceDefinition =>
  FORMS[resource.apiVersion] === undefined ? resource : resourceOfKey(resource.key);

/** Names by which events.k8s.io/v1 knows the fields of a core/v1 Event. */
const EVENT_FIELDS: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];
const renamed = (object: KubeObject, names: ReadonlyMap<string, string>): KubeObject =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value])) as KubeObject;

const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const isCpu = (metric: unknown): boolean =>
  isObject(metric) &&
  metric['type'] === 'Resource' &&
  isObject(metric['resource']) &&
  metric['resource']['name'] === 'cpu';
/** The percentage of a metric on cpu, in a spec (`target`) or a status (`current`). */
const percentIn = (metrics: unknown, side: 'target' | 'current'): unknown => {
  const found: unknown = Array.isArray(metrics) ? metrics.find(isCpu) : undefined;
  const resource = isObject(found) && isObject(found['resource']) ? found['resource'][side] : undefined;
  return isObject(resource) ? resource['averageUtilization'] : undefined;
};
const given = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** autoscaling/v1 knows cpu alone; the other metrics and the conditions are texts in annotations. */
const oldAutoscaler: Convert = (object) => {
  const { metrics, behavior: _behaviour, ...spec } = object.spec ?? {};
  const { currentMetrics, conditions, ...status } = object.status ?? {};
  const others = Array.isArray(metrics) ? metrics.filter((metric) => !isCpu(metric)) : [];
  const annotations = {
    ...object.metadata.annotations,
    ...(others.length > 0 ? { [METRICS]: JSON.stringify(others) } : {}),
    ...(Array.isArray(conditions) && conditions.length > 0 ? { [CONDITIONS]: JSON.stringify(conditions) } : {}),
  };
  return {
    ...object,
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: given({ ...spec, targetCPUUtilizationPercentage: percentIn(metrics, 'target') }),
    status: given({ ...status, currentCPUUtilizationPercentage: percentIn(currentMetrics, 'current') }),
  };
};

const newAutoscaler: Convert = (object) => {
  const { targetCPUUtilizationPercentage: percent, ...spec } = object.spec ?? {};
  const { [METRICS]: texts, [CONDITIONS]: _conditions, ...annotations } = object.metadata.annotations ?? {};
  const others: unknown = texts === undefined ? [] : JSON.parse(texts);
  const metrics = [
    ...(percent === undefined
      ? []
      : [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } },
          },
        ]),
    ...(Array.isArray(others) ? (others as unknown[]) : []),
  ];
  const { annotations: _old, ...metadata } = object.metadata;
  const { currentCPUUtilizationPercentage: _current, ...status } = object.status ?? {};
  return {
    ...object,
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}) },
    ...(object.status === undefined ? {} : { status }),
  };
};

const FORMS: Readonly<Record<string, { readonly shown: Convert; readonly stored: Convert }>> = {
  'events.k8s.io/v1': {
    shown: (event) => renamed(event, new Map(EVENT_FIELDS)),
    stored: (event) => renamed(event, new Map(EVENT_FIELDS.map(([old, now]) => [now, old]))),
  },
  'autoscaling/v1': { shown: oldAutoscaler, stored: newAutoscaler },
};
