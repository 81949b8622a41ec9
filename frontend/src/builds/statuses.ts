/**
 * The statuses and phases of a build as the console shows them. Pure. Written out here, held to the contract by types:
 * importing the contract's values would ship its validator to every browser.
 */
import type { BuildPhaseName, BuildStatus, BuildPhaseView, BuildView } from '@aws-deployer/platform/contracts/builds';
import type { Face } from '../ui/status-badge.js';
import type { Tone } from '../ui/tone.js';

const ended = (label: string, tone: Tone): Face => ({ label, tone, moving: false, end: true });

const FACES: Readonly<Record<BuildStatus, Face>> = {
  queued: { label: 'Queued', tone: 'mute', moving: true, end: false },
  starting: { label: 'Starting', tone: 'live', moving: true, end: false },
  in_progress: { label: 'Running', tone: 'live', moving: true, end: false },
  succeeded: ended('Succeeded', 'good'),
  failed: ended('Failed', 'bad'),
  fault: ended('Fault', 'bad'),
  timed_out: ended('Timed out', 'bad'),
  stopped: ended('Stopped', 'mute'),
};
export const buildFace = (status: BuildStatus): Face => FACES[status];
export const isBuildEnded = (status: BuildStatus): boolean => FACES[status].end;
export const isBuildStatus = (text: string): text is BuildStatus => text in FACES;
export const ALL_BUILD_STATUSES = Object.keys(FACES) as BuildStatus[];

const PHASES: Readonly<Record<BuildPhaseName, string>> = {
  SUBMITTED: 'Submitted',
  QUEUED: 'Queued',
  PROVISIONING: 'Provisioning',
  DOWNLOAD_SOURCE: 'Download source',
  INSTALL: 'Install',
  PRE_BUILD: 'Pre-build',
  BUILD: 'Build',
  POST_BUILD: 'Post-build',
  UPLOAD_ARTIFACTS: 'Upload artifacts',
  FINALIZING: 'Finalizing',
  COMPLETED: 'Completed',
};
/** A phase of a newer server shows under its own name. */
export const phaseLabel = (phase: string): string => (phase in PHASES ? PHASES[phase as BuildPhaseName] : phase);

const PHASE_FACES: Readonly<Record<BuildPhaseView['status'], { readonly word: string; readonly tone: Tone }>> = {
  succeeded: { word: 'done', tone: 'good' },
  in_progress: { word: 'running', tone: 'live' },
  failed: { word: 'failed', tone: 'bad' },
  fault: { word: 'fault', tone: 'bad' },
  timed_out: { word: 'timed out', tone: 'bad' },
  client_error: { word: 'refused', tone: 'bad' },
  stopped: { word: 'stopped', tone: 'mute' },
};
export const phaseFace = (status: BuildPhaseView['status']) => PHASE_FACES[status];

const TRIGGERS: Readonly<Record<BuildView['trigger'], string>> = {
  console: 'by hand',
  api: 'over REST',
  webhook: 'by a push',
  retry: 'as a retry',
  batch: 'in a batch',
  deployment: 'for a deployment',
  schedule: 'on schedule',
  aws: 'in AWS',
};
export const triggerWords = (trigger: BuildView['trigger']): string => TRIGGERS[trigger];
