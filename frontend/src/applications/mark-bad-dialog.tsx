/** Marks a release bad, with the reason that everybody will read who wants to run it again. */
import type { ReleaseView } from '@aws-deployer/platform/contracts/applications';
import { Textarea } from '@mantine/core';
import { useState } from 'react';
import { markReleaseBad } from '../api/applications.js';
import { useSubmit } from '../api/submission.js';
import { Notice } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';

export interface MarkBadDialogProps {
  readonly release: ReleaseView;
  readonly onClose: () => void;
  readonly onMarked: () => void;
}

export function MarkBadDialog({ release, onClose, onMarked }: MarkBadDialogProps) {
  const [reason, setReason] = useState('');
  const mark = useSubmit((text: string) => markReleaseBad(release, text), {
    onDone: () => {
      onMarked();
      onClose();
    },
  });
  const { fields, general } = errorsByField(mark.error, ['reason']);
  return (
    <FormDialog
      title={`Mark release ${release.number} bad`}
      submit="Mark bad"
      busy={mark.isPending}
      general={general}
      onClose={onClose}
      onSubmit={() => mark.mutate(reason.trim())}
    >
      <p style={{ margin: 0 }}>
        Its image is then refused in every environment of {release.application}, and a rollback to it asks for consent.
      </p>
      {release.live && (
        <Notice tone="warn" title="It is live">
          Marking it changes nothing that runs: roll back, or deploy another version.
        </Notice>
      )}
      <Textarea
        label="What is bad about it"
        placeholder="Loses orders when the cart has more than 100 items"
        required
        rows={3}
        maxLength={500}
        data-autofocus
        value={reason}
        error={fields['reason']}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
