/**
 * The states of a deployment as the console shows them: a word, a tone, whether it is an end. Pure.
 *
 * The lists are written out here, held to the contract by types: importing the contract's values would ship its
 * validator to every browser.
 */
import type { DeploymentState, StageName } from '@aws-deployer/platform/contracts/deployments';
import type { Face } from '../ui/status-badge.js';
import type { Tone } from '../ui/tone.js';

const working = (label: string): Face => ({ label, tone: 'live', moving: true, end: false });
/** A failure state is on its way to the rollback. */
const failing = (label: string): Face => ({ label, tone: 'bad', moving: true, end: false });
const ended = (label: string, tone: Tone): Face => ({ label, tone, moving: false, end: true });

const FACES: Readonly<Record<DeploymentState, Face>> = {
  initialized: { label: 'Queued', tone: 'mute', moving: true, end: false },
  validating: working('Validating'),
  preparing: working('Preparing'),
  building: working('Building'),
  deploying: working('Deploying'),
  testing: working('Testing'),
  monitoring: working('Monitoring'),
  stable: ended('Stable', 'good'),
  validation_failed: failing('Validation failed'),
  preparation_failed: failing('Preparation failed'),
  build_failed: failing('Build failed'),
  deployment_failed: failing('Deployment failed'),
  testing_failed: failing('Testing failed'),
  unstable: failing('Unstable'),
  rolling_back: { label: 'Rolling back', tone: 'warn', moving: true, end: false },
  rolled_back: ended('Rolled back', 'warn'),
  rollback_failed: ended('Rollback failed', 'bad'),
  cancelled: ended('Cancelled', 'mute'),
  superseded: ended('Superseded', 'mute'),
};

export const faceOf = (state: DeploymentState): Face => FACES[state];
export const isEnded = (state: DeploymentState): boolean => FACES[state].end;
export const ALL_STATES = Object.keys(FACES) as DeploymentState[];
export const isState = (text: string): text is DeploymentState => text in FACES;

/** The stages in their order; `rolling_back` stands apart, it is drawn only where it happened. */
export const FORWARD_STAGES = [
  'validating',
  'preparing',
  'building',
  'deploying',
  'testing',
  'monitoring',
] as const satisfies readonly StageName[];

const STAGE_LABELS: Readonly<Record<StageName, string>> = {
  validating: 'Validate',
  preparing: 'Prepare',
  building: 'Build',
  deploying: 'Deploy',
  testing: 'Test',
  monitoring: 'Monitor',
  rolling_back: 'Roll back',
};
export const stageLabel = (stage: string): string => (stage in STAGE_LABELS ? STAGE_LABELS[stage as StageName] : stage);
