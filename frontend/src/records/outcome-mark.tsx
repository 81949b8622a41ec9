/** How an action ended. */
import type { ActionOutcome } from '@aws-deployer/platform/contracts/activity';
import { Chip } from '../ui/chip.js';

const TONES = { succeeded: 'good', failed: 'bad', denied: 'warn' } as const;

export function OutcomeMark({ outcome }: { outcome: ActionOutcome }) {
  return <Chip tone={TONES[outcome]}>{outcome}</Chip>;
}
