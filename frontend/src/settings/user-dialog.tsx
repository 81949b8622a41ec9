/** Makes a user, or changes one. */
import type { RoleName, UserView } from '@aws-deployer/platform/contracts/auth';
import { PasswordInput, Select, Switch, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { createUser, rolesQuery, updateUser } from '../api/settings.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';

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
  const submit = () => {
    keep.mutate(form);
  };
  const chosen = (roles.data ?? []).find(({ name }) => name === form.role);
  return (
    <FormDialog
      title={user ? `Change ${user.username}` : 'New user'}
      submit={user ? 'Keep changes' : 'Make user'}
      busy={keep.isPending}
      general={general}
      onClose={onClose}
      onSubmit={submit}
    >
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
    </FormDialog>
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
