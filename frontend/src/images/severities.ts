/** How grave a finding of a scan is, the gravest first. */
import type { Tone } from '../ui/tone.js';

export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL', 'UNDEFINED'] as const;
export const severityTone = (severity: string): Tone =>
  severity === 'CRITICAL' || severity === 'HIGH' ? 'bad' : severity === 'MEDIUM' ? 'warn' : 'mute';
