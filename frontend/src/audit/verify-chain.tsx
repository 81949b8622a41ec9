/** Asks the history service to prove its chain, and shows what it found. */
import { Button } from '@mantine/core';
import { IconShieldCheck, IconShieldCheckFilled, IconShieldX } from '@tabler/icons-react';
import type { VerifyView } from '@aws-deployer/platform/contracts/history';
import { useMutation } from '@tanstack/react-query';
import { verifyChain } from '../api/records.js';
import type { Tone } from '../ui/tone.js';
import { count } from '../ui/words.js';
import classes from './verify-chain.module.css';

const BROKEN: Readonly<Record<NonNullable<VerifyView['first_broken']>['kind'], string>> = {
  changed: 'was changed after it was written',
  removed: 'is missing',
  inserted: 'was put in later',
  checkpoint: 'does not match its signed checkpoint',
};

export function VerifyChain() {
  const verify = useMutation({ mutationFn: verifyChain });
  const view = verify.data;
  const tone: Tone = verify.error ? 'warn' : view ? (view.valid ? 'good' : 'bad') : 'mute';
  const Icon = view ? (view.valid ? IconShieldCheckFilled : IconShieldX) : IconShieldCheck;
  return (
    <section className={classes.band} data-tone={tone} aria-label="Proof of the chain">
      <Icon size={26} stroke={1.6} className={classes.icon} aria-hidden />
      <div className={classes.words} role="status" aria-live="polite">
        {verify.error ? (
          <>
            <b>The chain could not be checked</b>
            <span>{verify.error.message}</span>
          </>
        ) : view ? (
          <Result view={view} />
        ) : (
          <>
            <b>Is every row as it was written?</b>
            <span>
              Verifying computes each row’s hash again and holds it against the chain and its signed checkpoints.
            </span>
          </>
        )}
      </div>
      <Button variant="default" loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify chain
      </Button>
    </section>
  );
}

function Result({ view }: { view: VerifyView }) {
  if (view.valid) {
    return (
      <>
        <b>The chain is intact</b>
        <span>{count(view.checked, 'row')} checked, nothing changed, removed or put in.</span>
      </>
    );
  }
  const broken = view.first_broken;
  return (
    <>
      <b>The chain is broken{broken ? ` at row ${broken.seq}` : ''}</b>
      <span>
        {broken
          ? `Row ${broken.seq}${broken.event_id === null ? '' : ` (event ${broken.event_id})`} ${BROKEN[broken.kind]}. The ${count(view.checked, 'row')} before it are intact.`
          : `${count(view.checked, 'row')} checked.`}
      </span>
    </>
  );
}
