/** What a plan's state tells of an environment in its account: its clusters, its tags, its regions, what is managed. Pure. */
import { resourcesOf, type PlanJson } from '../terraform/plan-json.js';
import type { Cluster, Tags } from '../ports/cloud-inventory.js';

export interface Traces {
  readonly clusters: readonly Cluster[];
  /** Tags that everything of the environment bears; empty where none of them names the environment. */
  readonly tags: Tags;
  readonly regions: readonly string[];
  /** Ids and ARNs of what Terraform takes away itself. */
  readonly managed: readonly string[];
}

/** Without it, what all resources share (an owner, a tool) may be shared by others as well. */
const NAMING_TAG = 'Environment';
const CLUSTER_OUTPUT = 'cluster';

/** `region`: of the environment, where the state names none. */
export function tracesOf({ prior_state }: PlanJson, region: string | null): Traces {
  const resources = resourcesOf(prior_state?.values?.root_module);
  const values = resources.map((resource) => resource.values);
  const regions = distinct(values.flatMap(({ arn }) => regionOf(arn)));
  const home = region ?? regions[0];
  const named = resources.flatMap(({ type, values: { name, arn } }) =>
    type === 'aws_eks_cluster' && typeof name === 'string' ? [{ name, region: regionOf(arn)[0] ?? home }] : [],
  );
  const output = prior_state?.values?.outputs?.[CLUSTER_OUTPUT]?.value;
  const told = isObject(output) && typeof output['name'] === 'string' ? [{ name: output['name'], region: home }] : [];
  const clusters = new Map<string, Cluster>();
  for (const { name, region: place } of [...named, ...told])
    if (place !== undefined && !clusters.has(name)) clusters.set(name, { name, region: place });
  return {
    clusters: [...clusters.values()],
    tags: sharedTags(values.map(({ tags_all }) => tags_all)),
    regions: regions.length > 0 || home === undefined ? regions : [home],
    managed: distinct(values.flatMap(({ id, arn }) => [id, arn]).filter((one) => typeof one === 'string')),
  };
}

function sharedTags(all: readonly unknown[]): Tags {
  const carried = all.filter(isObject).filter((tags) => Object.keys(tags).length > 0);
  const [first = {}, ...others] = carried;
  const shared = Object.entries(first).filter(
    (pair): pair is [string, string] =>
      typeof pair[1] === 'string' && others.every((tags) => tags[pair[0]] === pair[1]),
  );
  return shared.some(([key]) => key === NAMING_TAG) ? Object.fromEntries(shared) : {};
}

/** Nothing where an ARN names no region, as those of IAM and S3. */
function regionOf(arn: unknown): string[] {
  const region = typeof arn === 'string' ? arn.split(':')[3] : undefined;
  return region === undefined || region === '' ? [] : [region];
}
const distinct = <Item>(items: readonly Item[]): Item[] => [...new Set(items)];
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
