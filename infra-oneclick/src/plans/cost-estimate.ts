/**
 * What a plan's resources cost a month, before and after. Pure, from the price table. What the table does not know is named
 * as unknown and is in no sum; what is charged by use alone counts as nothing and says so.
 */
import type { CostView } from '@aws-deployer/platform/contracts/infra';
import { resourcesOf, type PlanJson, type PlannedResource } from '../terraform/plan-json.js';
import {
  BY_USE,
  CHECKED_ON,
  FREE,
  HOURLY,
  HOURS_A_MONTH,
  instancePrice,
  MONTHLY,
  PRICED_REGION,
  PRICES_OF,
  REGION_FACTOR,
  type Price,
} from './price-table.js';

export const DEFAULT_REGION = 'us-east-1';
/** AWS's own size of a node's disk where none is set. */
const NODE_DISK_GIB = 20;
const IMAGE_DISK_GIB = 8;
/** What EKS takes where no type is named. */
export const DEFAULT_NODE = 't3.medium';

interface Cost {
  /** In us-east-1; null: not known. */
  readonly monthly: number | null;
  readonly note: string;
  /** The rows of the price table that are in it. */
  readonly prices: readonly Price[];
}

/** `insteadOf`: why it is not what Infracost says; null: that is not there. */
export function costEstimate(plan: PlanJson, region: string | null, insteadOf: string | null = null): CostView {
  const place = region ?? DEFAULT_REGION;
  const factor = REGION_FACTOR[place];
  const after = resourcesOf(plan.planned_values?.root_module);
  const before = resourcesOf(plan.prior_state?.values?.root_module);
  const costs = after.flatMap((resource) => {
    const cost = costOf(resource);
    return cost === undefined ? [] : [{ resource, cost }];
  });
  const inPlace = (monthly: number | null): number | null =>
    monthly === null || factor === undefined ? null : cents(monthly * factor);
  const used = new Set(costs.flatMap(({ cost }) => cost.prices));
  // What a factor makes of a price was compared with nothing.
  const isChecked = ({ source }: Price): boolean => source !== null && place === PRICED_REGION;
  return {
    currency: 'USD',
    region: place,
    source: 'price_table',
    instead_of: insteadOf,
    prices_of: PRICES_OF,
    price_checks: { checked: [...used].filter(isChecked).length, total: used.size, on: CHECKED_ON },
    monthly_before: total(before, factor),
    monthly_after: total(after, factor),
    items: costs.map(({ resource: { address, type }, cost }) => ({
      address,
      type,
      monthly: inPlace(cost.monthly),
      note: factor === undefined ? `no price for ${place}` : cost.note,
      checked: cost.prices.length === 0 ? null : cost.prices.every(isChecked),
    })),
    unknown: costs.filter(({ cost }) => inPlace(cost.monthly) === null).map(({ resource }) => resource.address),
  };
}

const total = (resources: readonly PlannedResource[], factor = 0): number =>
  cents(resources.reduce((sum, resource) => sum + (costOf(resource)?.monthly ?? 0) * factor, 0));
const cents = (dollars: number): number => Math.round(dollars * 100) / 100;
const hourly = (price: Price, note: string, times = 1): Cost => ({
  monthly: price.usd * times * HOURS_A_MONTH,
  note,
  prices: [price],
});
const monthly = (price: Price, note: string): Cost => ({ monthly: price.usd, note, prices: [price] });
const unpriced = (note: string): Cost => ({ monthly: null, note, prices: [] });

/** undefined: it is free, and nothing is said of it. */
function costOf({ type, values }: PlannedResource): Cost | undefined {
  if (FREE.has(type)) return undefined;
  const byUse = BY_USE[type];
  if (byUse !== undefined) return { monthly: 0, note: `charged ${byUse}`, prices: [] };
  switch (type) {
    case 'aws_eks_cluster':
      return hourly(HOURLY.eks_cluster, 'control plane');
    case 'aws_nat_gateway':
      return hourly(HOURLY.nat_gateway, 'without the traffic');
    case 'aws_eip':
      return hourly(HOURLY.public_ipv4, 'public IPv4 address');
    case 'aws_lb':
    case 'aws_alb':
      return hourly(HOURLY.load_balancer, 'without the traffic');
    case 'aws_vpc_endpoint':
      return endpoint(values);
    case 'aws_kms_key':
      return monthly(MONTHLY.kms_key, 'without the requests');
    case 'aws_secretsmanager_secret':
      return monthly(MONTHLY.secret, 'without the requests');
    case 'aws_ebs_volume':
      return disk(values['type'], numberOf(values['size']));
    case 'aws_instance':
      return instance(values);
    case 'aws_eks_node_group':
      return nodeGroup(values);
    default:
      return unpriced('not in the price table');
  }
}

function endpoint(values: Values): Cost {
  if (values['vpc_endpoint_type'] !== 'Interface') return { monthly: 0, note: 'gateway endpoint', prices: [] };
  const zones = Array.isArray(values['subnet_ids']) ? values['subnet_ids'].length : 0;
  // Subnets that are made by the same plan have no id yet: one zone is the least.
  const note = zones === 0 ? 'for one zone at least' : `${zones} zones`;
  return hourly(HOURLY.interface_endpoint, note, Math.max(1, zones));
}

function instance(values: Values): Cost {
  const type = textOf(values['instance_type']);
  const price = type === undefined ? undefined : instancePrice(type);
  if (price === undefined) return unpriced(`no price for ${type ?? 'an instance type that is not known yet'}`);
  const [root] = Array.isArray(values['root_block_device']) ? (values['root_block_device'] as Values[]) : [];
  const gib = numberOf(root?.['volume_size']) ?? IMAGE_DISK_GIB;
  const own = disk(root?.['volume_type'], gib);
  return {
    monthly: price.usd * HOURS_A_MONTH + (own.monthly ?? 0),
    note: `${type ?? ''} and ${gib} GiB of disk`,
    prices: [price, ...own.prices],
  };
}

function nodeGroup(values: Values): Cost {
  const types = Array.isArray(values['instance_types']) ? values['instance_types'] : [];
  const type = textOf(types[0]) ?? DEFAULT_NODE;
  const price = instancePrice(type);
  const [scaling] = Array.isArray(values['scaling_config']) ? (values['scaling_config'] as Values[]) : [];
  const nodes = numberOf(scaling?.['desired_size']);
  if (price === undefined) return unpriced(`no price for ${type}`);
  if (nodes === undefined) return unpriced('the number of nodes is not known yet');
  const gib = numberOf(values['disk_size']) ?? NODE_DISK_GIB;
  const each = price.usd * HOURS_A_MONTH + gib * MONTHLY.gp3_gib.usd;
  const spot = values['capacity_type'] === 'SPOT' ? '; spot costs less, this is the price on demand' : '';
  return { monthly: nodes * each, note: `${nodes} × ${type} with ${gib} GiB${spot}`, prices: [price, MONTHLY.gp3_gib] };
}

function disk(type: unknown, gib: number | undefined): Cost {
  const kind = textOf(type) ?? 'gp3';
  const price = kind === 'gp3' ? MONTHLY.gp3_gib : kind === 'gp2' ? MONTHLY.gp2_gib : undefined;
  if (price === undefined || gib === undefined) return unpriced(`no price for a disk of type ${kind}`);
  return { monthly: price.usd * gib, note: `${gib} GiB ${kind}`, prices: [price] };
}

type Values = Readonly<Record<string, unknown>>;
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
