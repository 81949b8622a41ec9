/** Makes a user, or changes one. */
import type { RoleName, UserView } from '@aws-deployer/platform/contracts/auth';
import { Button, Modal, PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { createUser, rolesQuery, updateUser } from '../api/settings.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { Notice } from '../ui/feedback.js';
import classes from './settings.module.css';

interface UserForm {
  readonly username: string;
  readonly displayName: string;
  readonly role: RoleName;
  readonly password: string;
  readonly disabled: boolean;
}
export interface UserDialogProps {
  readonly user: UserView | null;
  /** One's own account: taking away one's own rights would lock oneself out. */
  readonly self: boolean;
  readonly onClose: () => void;
  readonly onKept: () => void;
}

export function UserDialog({ user, self, onClose, onKept }: UserDialogProps) {
  const roles = useQuery(rolesQuery);
  const [form, setForm] = useState<UserForm>({
    username: user?.username ?? '',
    displayName: user?.display_name ?? '',
    role: user?.roles.at(-1) ?? 'developer',
    password: '',
    disabled: user?.disabled ?? false,
  });
  const set = (change: Partial<UserForm>) => setForm((before) => ({ ...before, ...change }));
  const keep = useSubmit<UserForm, UserView>((values, key) => send(user, self, values, key), {
    onDone: () => {
      onKept();
      onClose();
    },
  });
  const { fields, general } = errorsByField(keep.error, ['username', 'display_name', 'roles', 'password', 'disabled']);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate(form);
  };
  const chosen = (roles.data ?? []).find(({ name }) => name === form.role);
  return (
    <Modal opened onClose={onClose} title={user ? `Change ${user.username}` : 'New user'}>
      <form className={classes.form} onSubmit={submit}>
        {general !== null && (
          <Notice tone="bad" role="alert">
            {general}
          </Notice>
        )}
        {!user && (
          <TextInput
            label="User name"
            required
            data-autofocus
            autoComplete="off"
            value={form.username}
            error={fields['username']}
            onChange={(event) => set({ username: event.currentTarget.value })}
          />
        )}
        <TextInput
          label="Full name"
          value={form.displayName}
          error={fields['display_name']}
          onChange={(event) => set({ displayName: event.currentTarget.value })}
        />
        <Select
          label="Role"
          description={chosen?.description}
          data={(roles.data ?? []).map(({ name }) => name)}
          disabled={self}
          value={form.role}
          error={fields['roles']}
          onChange={(role) => set({ role: role ?? 'developer' })}
        />
        <PasswordInput
          label={user ? 'New password' : 'Password'}
          description={user ? 'Empty: stays as it is' : 'Twelve characters or more'}
          required={!user}
          autoComplete="new-password"
          value={form.password}
          error={fields['password']}
          onChange={(event) => set({ password: event.currentTarget.value })}
        />
        {user && !self && (
          <Switch
            label="Disabled: may not sign in, tokens are refused"
            checked={form.disabled}
            error={fields['disabled']}
            onChange={(event) => set({ disabled: event.currentTarget.checked })}
          />
        )}
        <div className="dialog-actions">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={keep.isPending}>
            {user ? 'Keep changes' : 'Make user'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function send(user: UserView | null, self: boolean, values: UserForm, key: string): Promise<UserView> {
  const name = values.displayName.trim();
  if (!user) {
    return createUser(
      {
        username: values.username.trim(),
        password: values.password,
        roles: [values.role],
        ...(name === '' ? {} : { display_name: name }),
      },
      key,
    );
  }
  return updateUser(user.id, {
    display_name: name === '' ? null : name,
    ...(self ? {} : { roles: [values.role], disabled: values.disabled }),
    ...(values.password === '' ? {} : { password: values.password }),
  });
}
