/** The sentence a list shows for a deployment: of one that was put back, what was wrong with it, not how it was put back. Pure. */
import type { DeploymentView } from '@aws-deployer/platform/contracts/deployments';

type Told = Pick<DeploymentView, 'state' | 'state_reason'> & { readonly failure: string | null };

export const whyOf = ({ state, state_reason: reason, failure }: Told): string =>
  state === 'rolled_back' && failure !== null ? failure : reason;

/** Both sentences, for a tooltip. */
export const wholeStory = (told: Told): string =>
  whyOf(told) === told.state_reason ? told.state_reason : `${whyOf(told)} ${told.state_reason}`;

export const failureOf = ({
  failed_state,
  verdict,
}: Pick<DeploymentView, 'failed_state' | 'verdict'>): string | null =>
  failed_state === null ? null : (verdict?.reason ?? null);
