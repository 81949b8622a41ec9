/** Makes an API token and shows it this one time. */
import { Button, Modal, MultiSelect, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery } from '../api/session.js';
import { createToken, rolesQuery } from '../api/settings.js';
import { useSubmit } from '../api/submission.js';
import { CopyButton } from '../ui/copy-button.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { Notice } from '../ui/feedback.js';
import classes from './settings.module.css';

const LIVES = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
];

export function NewTokenDialog({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState('');
  const [days, setDays] = useState('90');
  const [scopes, setScopes] = useState<string[]>([]);
  const me = useQuery(meQuery);
  const roles = useQuery(rolesQuery);
  const make = useSubmit(createToken, { onDone: onMade });
  const { fields, general } = errorsByField(make.error, ['name', 'expires_in_days', 'scopes']);
  const held = me.data?.permissions ?? [];
  // An administrator holds `*`: what can be named comes from the other roles.
  const named = held.includes('*') ? (roles.data ?? []).flatMap(({ permissions }) => permissions) : held;
  const submit = () => {
    make.mutate({ name: name.trim(), expires_in_days: Number(days), ...(scopes.length > 0 ? { scopes } : {}) });
  };
  if (make.data) {
    return (
      <Modal opened onClose={onClose} title="Your new token" closeOnClickOutside={false}>
        <div className={classes.form}>
          <Notice tone="warn" title="Copy it now">
            It is shown this one time; only its hash is kept.
          </Notice>
          <div className={classes.token}>
            <code data-testid="new-token">{make.data.token}</code>
            <CopyButton value={make.data.token} what="token" size={30} />
          </div>
          <div className="dialog-actions" style={{ marginTop: 0 }}>
            <Button onClick={onClose}>I have copied it</Button>
          </div>
        </div>
      </Modal>
    );
  }
  return (
    <FormDialog
      title="New API token"
      submit="Make token"
      busy={make.isPending}
      general={general}
      onClose={onClose}
      onSubmit={submit}
    >
      <TextInput
        label="Name"
        description="What will use it"
        placeholder="ci pipeline"
        required
        data-autofocus
        value={name}
        error={fields['name']}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Expires after"
        data={LIVES}
        value={days}
        error={fields['expires_in_days']}
        onChange={(value) => setDays(value ?? '90')}
      />
      <MultiSelect
        label="Permissions"
        description="None chosen: all that you have"
        placeholder={scopes.length === 0 ? 'all of mine' : ''}
        data={[...new Set(named)].filter((scope) => scope !== '*').sort()}
        searchable
        value={scopes}
        error={fields['scopes']}
        onChange={setScopes}
      />
    </FormDialog>
  );
}
