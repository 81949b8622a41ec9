/** What a plan does to the bill, in words. Pure. */
import type { CostView } from '@aws-deployer/platform/contracts/infra';
import { money } from '../ui/words.js';

/** `+$12.40`, `−$3.00`, `unchanged`. */
export function costChange({ monthly_before: before, monthly_after: after }: CostView): string {
  const cents = Math.round((after - before) * 100);
  if (cents === 0) return 'unchanged';
  return `${cents > 0 ? '+' : '−'}${money(Math.abs(cents) / 100)}`;
}

/** `estimate for us-east-1; 4 of 5 prices checked on 2026-11-21`: of our own table how far it is to be trusted. */
export function costSource({ source, region, prices_of: day, price_checks: checks }: CostView): string {
  if (source === 'infracost') return `estimate for ${region} by Infracost, prices of ${day}`;
  if (checks === null || checks.total === 0) return `estimate for ${region}, prices of ${day}`;
  if (checks.checked === 0) return `estimate for ${region}; none of its ${checks.total} prices was checked`;
  return `estimate for ${region}; ${checks.checked} of ${checks.total} prices checked on ${checks.on}`;
}
