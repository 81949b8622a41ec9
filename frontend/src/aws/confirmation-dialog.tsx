/** What would be done to AWS, in one sentence, before it is done; the question ends by itself when its time is over. */
import type { AwsOperationView } from '@aws-deployer/platform/contracts/aws-operations';
import { Button, Modal } from '@mantine/core';
import { Notice } from '../ui/feedback.js';
import { useNow } from '../ui/use-now.js';
import { duration } from '../ui/words.js';

export interface ConfirmationDialogProps {
  readonly summary: string;
  readonly effect: AwsOperationView['effect'];
  readonly expiresAt: string | null;
  readonly busy: boolean;
  readonly problem: string | null;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
}

const TITLES: Readonly<Record<AwsOperationView['effect'], string>> = {
  read: 'Run it?',
  reveal: 'Show the secret?',
  change: 'Change this in AWS?',
  destroy: 'Destroy this in AWS?',
};

export function ConfirmationDialog(props: ConfirmationDialogProps) {
  const { summary, effect, expiresAt, busy, problem, onConfirm, onCancel } = props;
  const now = useNow(1000);
  const left = expiresAt === null ? null : Date.parse(expiresAt) - now;
  const over = left !== null && left <= 0;
  return (
    <Modal opened onClose={onCancel} title={TITLES[effect]}>
      <Notice tone={effect === 'destroy' ? 'bad' : 'warn'} title={summary}>
        {effect === 'destroy' && 'This cannot be undone. '}
        It is recorded under your name.
        {left !== null &&
          (over ? ' The time to confirm is over: ask again.' : ` You have ${duration(left)} to confirm.`)}
      </Notice>
      {problem !== null && (
        <div style={{ marginTop: 12 }}>
          <Notice tone="bad" role="alert">
            {problem}
          </Notice>
        </div>
      )}
      <div className="dialog-actions">
        <Button variant="default" onClick={onCancel}>
          Do nothing
        </Button>
        <Button
          loading={busy}
          disabled={over}
          onClick={onConfirm}
          {...(effect === 'destroy' ? { color: 'vermilion' } : {})}
        >
          Do it
        </Button>
      </div>
    </Modal>
  );
}
