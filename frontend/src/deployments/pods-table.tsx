/** The pods behind the deployment, live: which release each belongs to, how it runs, why it is not ready. */
import type { PodView } from '@aws-deployer/platform/contracts/deployments';
import { Tooltip } from '@mantine/core';
import { IconCircleCheckFilled, IconCircleDashed, IconAlertCircleFilled } from '@tabler/icons-react';
import { Table, cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { Chip } from '../ui/chip.js';
import { shortDigest } from '../ui/words.js';
import classes from './pods-table.module.css';

export function PodsTable({ pods }: { pods: readonly PodView[] }) {
  // The new release first, as that is what the page is about.
  const sorted = [...pods].sort(
    (a, b) => Number(b.current) - Number(a.current) || a.name.localeCompare(b.name, undefined, { numeric: true }),
  );
  return (
    <Table label="Pods">
      <thead>
        <tr>
          <th>Pod</th>
          <th>Release</th>
          <th>Status</th>
          <th className={cell.right}>Restarts</th>
          <th>Digest</th>
          <th>Runs as</th>
          <th>Age</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((pod) => (
          <PodRow key={pod.name} pod={pod} />
        ))}
      </tbody>
    </Table>
  );
}

function PodRow({ pod }: { pod: PodView }) {
  return (
    <tr>
      <td data-wide>
        <span className={`${cell.mono} ${classes.name}`}>{pod.name}</span>
      </td>
      <td>
        <Chip tone={pod.current ? 'live' : 'mute'}>{pod.current ? 'new' : 'old'}</Chip>
      </td>
      <td data-wide={pod.reason === null ? undefined : true}>
        <PodStatus pod={pod} />
      </td>
      <td className={cell.right} data-label="Restarts">
        <span className={pod.restarts > 0 ? classes.restarts : undefined}>{pod.restarts}</span>
      </td>
      <td data-label="Digest">
        <span className={cell.mono} title={pod.image_digest ?? undefined}>
          {pod.image_digest === null ? '–' : shortDigest(pod.image_digest)}
        </span>
      </td>
      <td>
        <RuntimeChip runtime={pod.runtime} />
      </td>
      <td className={`${cell.dim} ${cell.nowrap}`}>
        {pod.started_at === null ? '–' : <TimeAgo at={pod.started_at} />}
      </td>
    </tr>
  );
}

function PodStatus({ pod }: { pod: PodView }) {
  // Coming or going is no fault: only what keeps a pod from its work is shown as one.
  const waiting = pod.reason === null || /ContainerCreating|PodInitializing|Stopping|Terminating/.test(pod.reason);
  const tone = pod.ready ? 'good' : waiting ? 'mute' : 'bad';
  const Icon = pod.ready ? IconCircleCheckFilled : waiting ? IconCircleDashed : IconAlertCircleFilled;
  return (
    <span className={classes.status} data-tone={tone}>
      <Icon size={16} aria-hidden />
      <span>
        {pod.ready ? 'Ready' : pod.phase}
        {pod.reason !== null && <span className={classes.reason}>{pod.reason}</span>}
      </span>
    </span>
  );
}

/** How real the pod is must be plain to see: a host process has no isolation, a simulated pod runs nothing. */
function RuntimeChip({ runtime }: { runtime: PodView['runtime'] }) {
  if (runtime === null) return <span className={cell.dim}>–</span>;
  if (runtime === 'simulated') {
    return (
      <Tooltip label="Nothing runs: this pod is simulated, for tests only">
        <span>
          <Chip tone="warn">simulated</Chip>
        </span>
      </Tooltip>
    );
  }
  if (runtime === 'process') {
    return (
      <Tooltip label="A process of this machine, without a container's isolation">
        <span>
          <Chip tone="warn">host process</Chip>
        </span>
      </Tooltip>
    );
  }
  return <Chip tone="mute">{runtime === 'docker' ? 'container' : 'Kubernetes'}</Chip>;
}
