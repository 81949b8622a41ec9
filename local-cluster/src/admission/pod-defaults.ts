import type { JsonObject } from '../store/json-tree.js';
import { isObject } from '../store/json-tree.js';

/**
 * Kubernetes' defaults of a pod's spec, as a Pod and every pod template get them. Changes the object in place and is
 * idempotent. Values of a wrong type are left alone: validation names them.
 */
export const setDefault = (object: JsonObject, key: string, value: unknown): void => {
  if (object[key] === undefined || object[key] === null) object[key] = value;
};

/** The member that is an object, made when it is missing. */
export const ensureObject = (object: JsonObject, key: string): JsonObject => {
  setDefault(object, key, {});
  const member = object[key];
  return isObject(member) ? member : {};
};

/** The objects among a list's items; empty where there is no list. */
export const objectsIn = (list: unknown): JsonObject[] => (Array.isArray(list) ? list.filter(isObject) : []);

const DEFAULT_FILE_MODE = 0o644;

/** `repo:5000/web:v1` → `v1`; no tag and no digest means `latest`. */
const isLatest = (image: unknown): boolean => {
  if (typeof image !== 'string' || image.includes('@')) return false;
  const tag = /:([\w][\w.-]{0,127})$/.exec(image)?.[1];
  return tag === undefined || tag === 'latest';
};

const defaultProbe = (probe: unknown): void => {
  if (!isObject(probe)) return;
  setDefault(probe, 'timeoutSeconds', 1);
  setDefault(probe, 'periodSeconds', 10);
  setDefault(probe, 'successThreshold', 1);
  setDefault(probe, 'failureThreshold', 3);
  defaultHandler(probe);
  if (isObject(probe['grpc'])) setDefault(probe['grpc'], 'service', '');
};

const defaultHandler = (handler: unknown): void => {
  if (!isObject(handler) || !isObject(handler['httpGet'])) return;
  setDefault(handler['httpGet'], 'path', '/');
  setDefault(handler['httpGet'], 'scheme', 'HTTP');
};

const defaultContainer = (container: JsonObject): void => {
  setDefault(container, 'imagePullPolicy', isLatest(container['image']) ? 'Always' : 'IfNotPresent');
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  for (const port of objectsIn(container['ports'])) setDefault(port, 'protocol', 'TCP');
  for (const variable of objectsIn(container['env'])) {
    const from = variable['valueFrom'];
    if (isObject(from) && isObject(from['fieldRef'])) setDefault(from['fieldRef'], 'apiVersion', 'v1');
    if (isObject(from) && isObject(from['resourceFieldRef'])) setDefault(from['resourceFieldRef'], 'divisor', '0');
  }
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) defaultProbe(container[probe]);
  const lifecycle = container['lifecycle'];
  if (isObject(lifecycle)) {
    defaultHandler(lifecycle['postStart']);
    defaultHandler(lifecycle['preStop']);
  }
  const resources = ensureObject(container, 'resources');
  // A limit without a request asks for as much as it may use.
  const limits = resources['limits'];
  if (isObject(limits)) {
    const requests = isObject(resources['requests']) ? resources['requests'] : {};
    for (const [name, quantity] of Object.entries(limits)) setDefault(requests, name, quantity);
    if (Object.keys(requests).length > 0) resources['requests'] = requests;
  }
};

const defaultVolume = (volume: JsonObject): void => {
  const source = (key: string): JsonObject | undefined => (isObject(volume[key]) ? volume[key] : undefined);
  for (const key of ['configMap', 'secret', 'projected', 'downwardAPI']) {
    const from = source(key);
    if (from !== undefined) setDefault(from, 'defaultMode', DEFAULT_FILE_MODE);
  }
  const hostPath = source('hostPath');
  if (hostPath !== undefined) setDefault(hostPath, 'type', '');
  for (const item of objectsIn(source('downwardAPI')?.['items']))
    if (isObject(item['fieldRef'])) setDefault(item['fieldRef'], 'apiVersion', 'v1');
  for (const part of objectsIn(source('projected')?.['sources']))
    if (isObject(part['serviceAccountToken'])) setDefault(part['serviceAccountToken'], 'expirationSeconds', 3600);
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume['emptyDir'] = {};
};

/** Requests of limits are filled in only where pods are made, not in templates. */
export const defaultPodSpec = (spec: unknown, inTemplate: boolean): void => {
  if (!isObject(spec)) return;
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  if (!inTemplate) setDefault(spec, 'enableServiceLinks', true);
  if (typeof spec['serviceAccountName'] === 'string' && spec['serviceAccountName'] !== '')
    setDefault(spec, 'serviceAccount', spec['serviceAccountName']);
  else if (typeof spec['serviceAccount'] === 'string' && spec['serviceAccount'] !== '')
    spec['serviceAccountName'] = spec['serviceAccount'];
  for (const list of ['initContainers', 'containers'])
    for (const container of objectsIn(spec[list])) {
      const asked = inTemplate && isObject(container['resources']) ? container['resources']['requests'] : undefined;
      defaultContainer(container);
      if (inTemplate && isObject(container['resources'])) {
        if (asked === undefined) delete container['resources']['requests'];
        else container['resources']['requests'] = asked;
      }
      if (spec['hostNetwork'] === true)
        for (const port of objectsIn(container['ports'])) setDefault(port, 'hostPort', port['containerPort']);
    }
  for (const volume of objectsIn(spec['volumes'])) defaultVolume(volume);
};
