/** What a plan does to the bill, in words. Pure. */
import type { CostView } from '@aws-deployer/platform/contracts/infra';
import { money } from '../ui/words.js';

/** `+$12.40`, `−$3.00`, `unchanged`. */
export function costChange({ monthly_before: before, monthly_after: after }: CostView): string {
  const cents = Math.round((after - before) * 100);
  if (cents === 0) return 'unchanged';
  return `${cents > 0 ? '+' : '−'}${money(Math.abs(cents) / 100)}`;
}
