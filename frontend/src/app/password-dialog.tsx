/** Changes one's own password. */
import { Button, Modal, PasswordInput, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState, type FormEvent } from 'react';
import { changePassword } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { Notice } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';

export function PasswordDialog({ onClose }: { onClose: () => void }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useSubmit(changePassword, {
    onDone: () => {
      notifications.show({ message: 'Your password is changed.' });
      onClose();
    },
  });
  const { fields, general } = errorsByField(change.error, ['current_password', 'new_password']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ current_password: current, new_password: next });
  };
  return (
    <Modal opened onClose={onClose} title="Change password">
      <form onSubmit={submit}>
        <Stack gap="sm">
          {general !== null && (
            <Notice tone="bad" role="alert">
              {general}
            </Notice>
          )}
          <PasswordInput
            label="Present password"
            autoComplete="current-password"
            required
            data-autofocus
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
            error={fields['current_password']}
          />
          <PasswordInput
            label="New password"
            description="Twelve characters or more. A few words are easier to remember than signs."
            autoComplete="new-password"
            required
            minLength={12}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
            error={fields['new_password']}
          />
          <div className="dialog-actions">
            <Button variant="default" onClick={onClose}>
              Keep it
            </Button>
            <Button type="submit" loading={change.isPending}>
              Change password
            </Button>
          </div>
        </Stack>
      </form>
    </Modal>
  );
}
