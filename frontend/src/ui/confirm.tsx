/** A button that asks before it does what cannot be undone. */
import { Button, Modal } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Notice } from './feedback.js';

export interface ConfirmButtonProps {
  /** On the button, and of the deed: `Revoke`. */
  readonly verb: string;
  /** What it is done to: `token ci`. */
  readonly what: string;
  readonly consequence: ReactNode;
  readonly act: () => Promise<unknown>;
  readonly onDone: () => void;
}

export function ConfirmButton({ verb, what, consequence, act, onDone }: ConfirmButtonProps) {
  const [opened, setOpened] = useState(false);
  const deed = useMutation({
    mutationFn: act,
    onSuccess: () => {
      setOpened(false);
      onDone();
    },
  });
  return (
    <>
      <Button
        variant="subtle"
        color="vermilion"
        size="compact-sm"
        aria-label={`${verb} ${what}`}
        onClick={() => setOpened(true)}
      >
        {verb}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`${verb} ${what}?`}>
        <p style={{ marginTop: 0 }}>{consequence}</p>
        {deed.error && (
          <Notice tone="bad" role="alert">
            {deed.error.message}
          </Notice>
        )}
        <div className="dialog-actions">
          <Button variant="default" onClick={() => setOpened(false)}>
            Keep it
          </Button>
          <Button color="vermilion" loading={deed.isPending} onClick={() => deed.mutate()}>
            {verb}
          </Button>
        </div>
      </Modal>
    </>
  );
}
