/** The lock of the state: who holds it, since when, and how it is broken when nobody is there any more. */
import type { InfraEnvironmentView, StateLockView } from '@aws-deployer/platform/contracts/infra';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { breakInfraLock, infraLockKey, infraLockQuery } from '../api/infra.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { fact, Fact, Facts } from '../ui/facts.js';
import { Notice } from '../ui/feedback.js';
import { FormDialog } from '../ui/form-dialog.js';
import { Panel } from '../ui/panel.js';
import { fullInstant } from '../ui/words.js';

export function LockPanel({ environment }: { environment: InfraEnvironmentView }) {
  const me = useQuery(meQuery);
  const [breaking, setBreaking] = useState(false);
  const query = useQuery({ ...infraLockQuery(environment.name), refetchInterval: 10_000 });
  const lock = query.data;
  if (query.error)
    return (
      <Notice tone="warn" title="The lock of the state cannot be read">
        {query.error.message}
      </Notice>
    );
  // A run of ours holds the lock as it should: the run itself is shown.
  if (lock == null || (environment.active_run !== null && lock.held !== false)) return null;
  return (
    <Panel
      title={
        <>
          <IconLock size={15} aria-hidden style={{ verticalAlign: -2 }} /> The state is locked
        </>
      }
      note={holderWords(lock)}
      flush
      tools={
        may(me.data, 'infra:write') && lock.held !== true ? (
          <Button size="xs" color="vermilion" variant="light" onClick={() => setBreaking(true)}>
            Break the lock …
          </Button>
        ) : undefined
      }
    >
      <Facts>
        <Fact name="Held by">{lock.who}</Fact>
        <Fact name="For">{lock.operation === '' ? 'not said' : lock.operation}</Fact>
        <Fact name="Since">{sinceWords(lock.created)}</Fact>
        <Fact name="Lock">
          <code className={fact.clip} title={lock.lock_id}>
            {lock.lock_id}
          </code>
        </Fact>
        {lock.pid !== null && <Fact name="Process">{lock.pid}</Fact>}
      </Facts>
      {breaking && <BreakLockDialog environment={environment} lock={lock} onClose={() => setBreaking(false)} />}
    </Panel>
  );
}

function BreakLockDialog({
  environment,
  lock,
  onClose,
}: {
  environment: InfraEnvironmentView;
  lock: StateLockView;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [word, setWord] = useState('');
  const [sure, setSure] = useState(false);
  const deed = useMutation({
    mutationFn: breakInfraLock,
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['infra'] });
      client.setQueryData(infraLockKey(environment.name), null);
      onClose();
    },
  });
  const problem = deed.error === null ? null : asApiError(deed.error);
  // Where the service cannot tell that the holder is gone, a person must say so.
  const mustSwear = lock.held === null || problem?.code === 'lock_foreign';
  return (
    <FormDialog
      title={`Break the lock of ${environment.name}`}
      submit="Break the lock"
      danger
      busy={deed.isPending}
      disabled={word !== environment.name || (mustSwear && !sure)}
      general={problem?.message ?? null}
      onSubmit={() => deed.mutate({ environment: environment.name, lock: lock.lock_id, force: mustSwear && sure })}
      onClose={onClose}
    >
      <Notice tone="bad" title="Two that write one state destroy it">
        {lock.who} took the lock for {lock.operation === '' ? 'something' : lock.operation}, {sinceWords(lock.created)}.
        Break it only when that no longer works.
      </Notice>
      {mustSwear && (
        <Checkbox
          label="I made sure that nobody works with this state any more"
          checked={sure}
          onChange={(event) => setSure(event.currentTarget.checked)}
        />
      )}
      <TextInput
        label={
          <>
            Type <code>{environment.name}</code> to go on
          </>
        }
        data-autofocus
        autoComplete="off"
        value={word}
        onChange={(event) => setWord(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

const holderWords = ({ held }: StateLockView): string =>
  held === true
    ? 'its holder works: end that first'
    : held === false
      ? 'its holder is gone'
      : 'nothing here tells whether its holder still works';
/** Terraform's own instants are not all of one form. */
const sinceWords = (created: string): string => (Number.isNaN(Date.parse(created)) ? created : fullInstant(created));
