/** Asks which release to go back to: the last stable one before the present is chosen already. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { Button, Checkbox, Modal, Radio, Skeleton } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { releasesQuery } from '../api/applications.js';
import { rollbackDeployment } from '../api/deployments.js';
import { useSubmit } from '../api/submission.js';
import { Chip } from '../ui/chip.js';
import { Notice, Problem } from '../ui/feedback.js';
import { TimeAgo } from '../ui/time-ago.js';
import { shortCommit, shortDigest } from '../ui/words.js';
import { rollbackTargets } from './rollback-targets.js';
import classes from './rollback-dialog.module.css';

export interface RollbackDialogProps {
  readonly deploymentId: string;
  readonly application: string;
  readonly environment: string;
  /** The release that is left, where none is marked live. */
  readonly leaving: string | null;
  /** Chosen already, where the person pressed a release's own button. */
  readonly target?: ReleaseView;
  readonly onClose: () => void;
}

export function RollbackDialog(props: RollbackDialogProps) {
  const { deploymentId, application, environment, leaving, target, onClose } = props;
  const navigate = useNavigate();
  const releases = useInfiniteQuery(releasesQuery(application, environment, 25));
  const [picked, setPicked] = useState<string | null>(target?.id ?? null);
  const found = rollbackTargets(releases.data?.pages.flatMap((page) => page.items) ?? [], environment, leaving);
  // The pressed release may be older than the page of releases that was read.
  const targets = target && !found.some(({ id }) => id === target.id) ? [target, ...found] : found;
  const chosen = picked ?? targets[0]?.id ?? null;
  const [accepted, setAccepted] = useState(false);
  const restore = (release: ReleaseView, key: string) =>
    rollbackDeployment(
      deploymentId,
      { release_id: release.id, ...(release.bad === null ? {} : { accept_bad_release: accepted }) },
      key,
    );
  const rollback = useSubmit(restore, {
    onDone: (next) => {
      onClose();
      void navigate({ to: '/deployments/$id', params: { id: next.id } });
    },
  });
  const pick = (id: string) => {
    setPicked(id);
    setAccepted(false); // consent is to one release
  };
  const chosenRelease = targets.find((release) => release.id === chosen);
  return (
    <Modal opened onClose={onClose} title={`Roll back ${application}`} size="lg">
      <p className={classes.lead}>
        Puts an earlier release back into <b>{environment}</b> exactly as it was: image, configuration and manifests.
        Nothing is built, and traffic moves only once its pods answer.
      </p>
      {releases.isPending && <Skeleton height={120} radius="md" />}
      {releases.error && <Problem error={releases.error} what="The releases" onRetry={() => void releases.refetch()} />}
      {releases.data && targets.length === 0 && (
        <Notice tone="mute" title="No earlier stable release">
          There is nothing to go back to in this environment yet.
        </Notice>
      )}
      {targets.length > 0 && (
        <Radio.Group value={chosen} onChange={pick} aria-label="Release to go back to">
          <div className={classes.list}>
            {targets.map((release) => (
              <ReleaseChoice key={release.id} release={release} />
            ))}
          </div>
        </Radio.Group>
      )}
      {chosenRelease?.bad && (
        <Notice tone="warn" title={`Release ${chosenRelease.number} was marked bad by ${chosenRelease.bad.marked_by}`}>
          <p className={classes.reason}>{chosenRelease.bad.reason}</p>
          <Checkbox
            label="Put it back all the same"
            checked={accepted}
            onChange={(event) => setAccepted(event.currentTarget.checked)}
          />
        </Notice>
      )}
      {rollback.error && (
        <Notice tone="bad" role="alert">
          {rollback.error.message}
        </Notice>
      )}
      <div className="dialog-actions">
        <Button variant="default" onClick={onClose}>
          {releases.data && !chosenRelease ? 'Close' : 'Keep the present release'}
        </Button>
        {!(releases.data && !chosenRelease) && (
          <Button
            loading={rollback.isPending}
            disabled={!chosenRelease || (chosenRelease.bad !== null && !accepted)}
            onClick={() => chosenRelease && rollback.mutate(chosenRelease)}
          >
            {chosenRelease ? `Roll back to release ${chosenRelease.number}` : 'Roll back'}
          </Button>
        )}
      </div>
    </Modal>
  );
}

function ReleaseChoice({ release }: { release: ReleaseView }) {
  return (
    <Radio.Card value={release.id} className={classes.choice ?? ''} aria-label={`Release ${release.number}`}>
      <Radio.Indicator />
      <span className={classes.number}>Release {release.number}</span>
      <span className={classes.mono}>
        {release.commit === null ? shortDigest(release.image_digest) : shortCommit(release.commit)}
      </span>
      {release.bad && <Chip tone="bad">marked bad</Chip>}
      <span className={classes.when}>
        {release.created_by}, <TimeAgo at={release.created_at} />
      </span>
    </Radio.Card>
  );
}
