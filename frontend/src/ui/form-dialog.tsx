/** A dialog that is a form: what the server said in general above the fields, close and submit below them. */
import { Button, Modal } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { Notice } from './feedback.js';
import classes from './form.module.css';

export interface FormDialogProps {
  readonly title: string;
  readonly submit: string;
  readonly busy: boolean;
  readonly general: string | null;
  readonly onSubmit: () => void;
  readonly onClose: () => void;
  readonly disabled?: boolean;
  readonly danger?: boolean;
  readonly size?: 'md' | 'lg' | 'xl';
  readonly children: ReactNode;
}

export function FormDialog(props: FormDialogProps) {
  const { title, submit, busy, general, onSubmit, onClose, disabled = false, danger = false, size = 'md' } = props;
  const send = (event: FormEvent) => {
    event.preventDefault();
    // A dialog may stand inside another form of the page: this submit is not that one's.
    event.stopPropagation();
    onSubmit();
  };
  return (
    <Modal opened onClose={onClose} title={title} size={size}>
      <form className={classes.fields} onSubmit={send}>
        {general !== null && (
          <Notice tone="bad" role="alert">
            {general}
          </Notice>
        )}
        {props.children}
        <div className="dialog-actions" style={{ marginTop: 4 }}>
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={busy} disabled={disabled} {...(danger ? { color: 'vermilion' } : {})}>
            {submit}
          </Button>
        </div>
      </form>
    </Modal>
  );
}
