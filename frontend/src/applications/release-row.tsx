/** One release of the list: what it is, whether it can be put back, and whether somebody marked it bad. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { Button } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { unmarkReleaseBad } from '../api/applications.js';
import { Chip } from '../ui/chip.js';
import { ConfirmButton } from '../ui/confirm.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { shortCommit, shortDigest } from '../ui/words.js';

const STATUS = {
  pending: { tone: 'live', text: 'pending' },
  stable: { tone: 'mute', text: 'stable' },
  failed: { tone: 'bad', text: 'failed' },
} as const;

export interface ReleaseRowProps {
  readonly release: ReleaseView;
  readonly mayRollBack: boolean;
  readonly onRollBack: (release: ReleaseView) => void;
  readonly onMarkBad: (release: ReleaseView) => void;
  readonly onUnmarked: () => void;
}

export function ReleaseRow({ release, mayRollBack, onRollBack, onMarkBad, onUnmarked }: ReleaseRowProps) {
  const status = STATUS[release.status];
  const restorable = release.status === 'stable' && !release.live && release.bundle_removed_at === null;
  return (
    <tr>
      <td>
        <Link to="/deployments/$id" params={{ id: release.deployment_id }}>
          <b>#{release.number}</b>
        </Link>
      </td>
      <td>{release.environment}</td>
      <td>
        <span className={cell.nowrap}>
          <Chip tone={release.live ? 'good' : status.tone}>{release.live ? 'live' : status.text}</Chip>{' '}
          {release.bad && <Chip tone="bad">marked bad</Chip>}{' '}
          {release.bundle_removed_at !== null && <Chip>bundle removed</Chip>}
        </span>
        {release.bad && (
          <div className={cell.dim}>
            {release.bad.marked_by}: {release.bad.reason}
          </div>
        )}
      </td>
      <td data-none={release.commit === null || undefined}>
        <code className={cell.mono} title={release.commit ?? undefined}>
          {release.commit === null ? '–' : shortCommit(release.commit)}
        </code>
      </td>
      <td>
        <code className={`${cell.mono} ${cell.dim}`} title={release.image_digest}>
          {shortDigest(release.image_digest)}
        </code>
        {release.base_substituted !== null && (
          <>
            {' '}
            <Chip tone="warn">base substituted</Chip>
          </>
        )}
      </td>
      <td className={`${cell.dim} ${cell.nowrap}`}>
        <TimeAgo at={release.created_at} /> by {release.created_by}
      </td>
      <td className={`${cell.right} ${cell.nowrap}`}>
        {mayRollBack && release.bad === null && release.status !== 'pending' && (
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={() => onMarkBad(release)}
            aria-label={`Mark release ${release.number} bad`}
          >
            Mark bad
          </Button>
        )}
        {mayRollBack && release.bad !== null && (
          <ConfirmButton
            verb="Unmark"
            what={`release ${release.number}`}
            consequence="It can be deployed and restored again without consent."
            act={() => unmarkReleaseBad(release)}
            onDone={onUnmarked}
          />
        )}
        {mayRollBack && restorable && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<IconArrowBackUp size={14} />}
            onClick={() => onRollBack(release)}
            aria-label={`Roll back to release ${release.number}`}
          >
            Roll back
          </Button>
        )}
      </td>
    </tr>
  );
}
