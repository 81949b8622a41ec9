/** A build's status as a word with its tone. */
import type { BuildStatus } from '@aws-deployer/platform/contracts/builds';
import { StatusBadge } from '../ui/status-badge.js';
import { buildFace } from './statuses.js';

export function BuildBadge({ status, large = false }: { status: BuildStatus; large?: boolean }) {
  return <StatusBadge face={buildFace(status)} state={status} large={large} />;
}
