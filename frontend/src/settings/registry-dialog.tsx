/** Adds a registry. */
import { PasswordInput, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { createRegistry } from '../api/settings.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import form from '../ui/form.module.css';

export function RegistryDialog({ onClose, onAdded }: { onClose: () => void; onAdded: () => void }) {
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [isDefault, setIsDefault] = useState(false);
  const add = useSubmit(createRegistry, {
    onDone: () => {
      onAdded();
      onClose();
    },
  });
  const { fields, general } = errorsByField(add.error, ['name', 'url', 'username', 'password']);
  const submit = () => {
    add.mutate({
      name: name.trim(),
      url: url.trim(),
      is_default: isDefault,
      ...(username.trim() === '' ? {} : { username: username.trim() }),
      ...(password === '' ? {} : { password }),
    });
  };
  return (
    <FormDialog
      title="Add a registry"
      submit="Add registry"
      busy={add.isPending}
      general={general}
      onClose={onClose}
      onSubmit={submit}
    >
      <TextInput
        label="Name"
        placeholder="docker-hub"
        required
        data-autofocus
        value={name}
        error={fields['name']}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Address"
        description="https://host[:port][/prefix]; http only on this machine"
        placeholder="https://registry.example.com/team"
        required
        value={url}
        error={fields['url']}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <div className={form.two}>
        <TextInput
          label="User name"
          placeholder="anonymous"
          autoComplete="off"
          value={username}
          error={fields['username']}
          onChange={(event) => setUsername(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password or token"
          autoComplete="new-password"
          value={password}
          error={fields['password']}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
      </div>
      <Switch
        label="Push built images here from now on"
        checked={isDefault}
        onChange={(event) => setIsDefault(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
