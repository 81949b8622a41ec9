import { quantityOf } from '@aws-deployer/platform/kubernetes/quantity';
import { isObject, type JsonObject } from '../store/json-tree.js';
import type { FieldProblem } from '../store/status-error.js';
import { LABEL_RULE, bad, isLabel, required } from './validate-names.js';

/** What a pod's spec must be, wherever it stands: the rules that manifests break in practice. Pure. */
const PORT_RANGE = 'must be between 1 and 65535, inclusive';

const objects = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isObject) : [];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `claims`: what a StatefulSet's claim templates add to the volumes of its pods. */
export const validatePodSpec = (spec: unknown, at: string, claims: unknown = []): FieldProblem[] => {
  if (!isObject(spec)) return [required(`${at}.containers`)];
  const claimed = objects(claims).map(({ metadata }) => (isObject(metadata) ? metadata['name'] : undefined));
  const volumes = new Set([...objects(spec['volumes']).map(({ name }) => name), ...claimed]);
  const containers = objects(spec['containers']);
  if (containers.length === 0) return [required(`${at}.containers`)];
  const problems: FieldProblem[] = [];
  for (const list of ['containers', 'initContainers'] as const) {
    const names = new Set<unknown>();
    for (const [index, container] of objects(spec[list]).entries()) {
      const field = `${at}.${list}[${index}]`;
      problems.push(...validateContainer(container, field, volumes));
      if (names.has(container['name']))
        problems.push({
          field: `${field}.name`,
          reason: 'FieldValueDuplicate',
          message: `Duplicate value: ${JSON.stringify(container['name'])}`,
        });
      names.add(container['name']);
    }
  }
  return problems;
};

const validateContainer = (container: JsonObject, field: string, volumes: ReadonlySet<unknown>): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const name = textOf(container['name']);
  if (name === '') problems.push(required(`${field}.name`));
  else if (!isLabel(name)) problems.push(bad(`${field}.name`, name, LABEL_RULE));
  if (textOf(container['image']) === '') problems.push(required(`${field}.image`));
  for (const [index, port] of objects(container['ports']).entries()) {
    const number = port['containerPort'];
    if (typeof number !== 'number') problems.push(required(`${field}.ports[${index}].containerPort`));
    else if (number < 1 || number > 65_535)
      problems.push(bad(`${field}.ports[${index}].containerPort`, number, PORT_RANGE));
  }
  for (const [index, variable] of objects(container['env']).entries())
    if (textOf(variable['name']) === '') problems.push(required(`${field}.env[${index}].name`));
  for (const [index, mount] of objects(container['volumeMounts']).entries())
    if (!volumes.has(mount['name']))
      problems.push({
        field: `${field}.volumeMounts[${index}].name`,
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(mount['name'])}`,
      });
  problems.push(...validateResources(container['resources'], `${field}.resources`));
  return problems;
};

const validateResources = (resources: unknown, field: string): FieldProblem[] => {
  if (!isObject(resources)) return [];
  const limits = isObject(resources['limits']) ? resources['limits'] : {};
  const requests = isObject(resources['requests']) ? resources['requests'] : {};
  return Object.entries(requests).flatMap(([name, request]) => {
    const [asked, most] = [quantityOf(textOf(request)), quantityOf(textOf(limits[name]))];
    return asked !== undefined && most !== undefined && asked > most
      ? [bad(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${String(limits[name])}`)]
      : [];
  });
};

/** Selector and template of a workload belong together. */
export const validateWorkload = (spec: JsonObject): FieldProblem[] => {
  const problems: FieldProblem[] = [];
  const replicas = spec['replicas'];
  if (typeof replicas === 'number' && replicas < 0)
    problems.push(bad('spec.replicas', replicas, 'must be greater than or equal to 0'));
  const selector = spec['selector'];
  const template = isObject(spec['template']) ? spec['template'] : {};
  const labels =
    isObject(template['metadata']) && isObject(template['metadata']['labels'])
      ? template['metadata']['labels']
      : undefined;
  const wanted = isObject(selector) && isObject(selector['matchLabels']) ? selector['matchLabels'] : {};
  const expressions =
    isObject(selector) && Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'].length : 0;
  if (!isObject(selector)) problems.push(required('spec.selector'));
  else if (Object.keys(wanted).length === 0 && expressions === 0)
    problems.push(bad('spec.selector', selector, 'empty selector is invalid for deployment'));
  if (!isObject(selector) || Object.entries(wanted).some(([key, value]) => labels?.[key] !== value))
    problems.push({
      field: 'spec.template.metadata.labels',
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${labels === undefined ? 'null' : JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
    });
  const strategy = isObject(spec['strategy']) ? spec['strategy'] : {};
  if (strategy['type'] === 'Recreate' && strategy['rollingUpdate'] !== undefined)
    problems.push({
      field: 'spec.strategy.rollingUpdate',
      reason: 'FieldValueForbidden',
      message: "Forbidden: may not be specified when strategy `type` is 'Recreate'",
    });
  problems.push(...validatePodSpec(template['spec'], 'spec.template.spec', spec['volumeClaimTemplates']));
  return problems;
};
