/**
 * A button that asks before it does what cannot be undone. With `typed`, the deed waits until that word is typed: for
 * what many others depend on.
 */
import { Button, Modal, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { Notice } from './feedback.js';

export interface ConfirmButtonProps {
  /** On the button, and of the deed: `Revoke`. */
  readonly verb: string;
  /** What it is done to: `token ci`. */
  readonly what: string;
  readonly consequence: ReactNode;
  readonly act: () => Promise<unknown>;
  readonly onDone: () => void;
  readonly typed?: string;
  readonly icon?: ReactNode;
  /** `row` stands in a table, `page` among a page's actions. */
  readonly place?: 'row' | 'page';
}

export function ConfirmButton(props: ConfirmButtonProps) {
  const { verb, what, consequence, act, onDone, typed, icon, place = 'row' } = props;
  const [opened, setOpened] = useState(false);
  const [word, setWord] = useState('');
  const deed = useMutation({
    mutationFn: act,
    onSuccess: () => {
      setOpened(false);
      onDone();
    },
  });
  const open = () => {
    setWord('');
    deed.reset();
    setOpened(true);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed === undefined || word === typed) deed.mutate();
  };
  return (
    <>
      <Button
        {...(place === 'row' ? { variant: 'subtle', color: 'vermilion', size: 'compact-sm' } : { variant: 'default' })}
        leftSection={icon}
        aria-label={`${verb} ${what}`}
        onClick={open}
      >
        {verb}
      </Button>
      <Modal opened={opened} onClose={() => setOpened(false)} title={`${verb} ${what}?`}>
        <form onSubmit={submit}>
          <div>{consequence}</div>
          {typed !== undefined && (
            <TextInput
              mt={14}
              label={
                <>
                  Type <code>{typed}</code> to go on
                </>
              }
              data-autofocus
              autoComplete="off"
              value={word}
              onChange={(event) => setWord(event.currentTarget.value)}
            />
          )}
          {deed.error && (
            <div style={{ marginTop: 14 }}>
              <Notice tone="bad" role="alert">
                {deed.error.message}
              </Notice>
            </div>
          )}
          <div className="dialog-actions">
            <Button variant="default" onClick={() => setOpened(false)}>
              Keep it
            </Button>
            <Button
              type="submit"
              color="vermilion"
              loading={deed.isPending}
              disabled={typed !== undefined && word !== typed}
            >
              {verb}
            </Button>
          </div>
        </form>
      </Modal>
    </>
  );
}
