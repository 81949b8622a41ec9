/** Makes a second project of the same settings, here or in another account. */
import type { BuildProjectView } from '@aws-deployer/platform/contracts/build-projects';
import { Select, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { cloneBuildProject } from '../api/build-projects.js';
import { useCloudAccounts } from '../api/cloud-accounts.js';
import { useSubmit } from '../api/submission.js';
import { errorsByField } from '../ui/field-error.js';
import { FormDialog } from '../ui/form-dialog.js';
import { useShownOnce } from './webhook-secret.js';

export function CloneDialog({ project, onClose }: { project: BuildProjectView; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { keep } = useShownOnce();
  const [name, setName] = useState(`${project.name}-copy`);
  const [account, setAccount] = useState<string>(project.account);
  const accounts = useCloudAccounts();
  const clone = useSubmit(cloneBuildProject, {
    onDone: ({ name: made, webhook_secret: secret }) => {
      if (secret) keep(made, secret);
      void client.invalidateQueries({ queryKey: ['build-projects', 'list'] });
      onClose();
      void navigate({ to: '/builds/projects/$name', params: { name: made } });
    },
  });
  const { fields, general } = errorsByField(clone.error, ['name', 'account', 'region']);
  const names = (accounts.data ?? []).map((each) => each.name);
  return (
    <FormDialog
      title={`Clone ${project.name}`}
      submit="Clone"
      busy={clone.isPending}
      general={general}
      onClose={onClose}
      onSubmit={() =>
        clone.mutate({
          from: project.name,
          name: name.trim(),
          ...(account === project.account ? { region: project.region } : {}),
          account,
        })
      }
    >
      <TextInput
        label="Name of the clone"
        required
        data-autofocus
        value={name}
        error={fields['name']}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="Account"
        data={names.includes(project.account) ? names : [project.account, ...names]}
        value={account}
        error={fields['account'] ?? fields['region']}
        onChange={(next) => setAccount(next ?? project.account)}
      />
    </FormDialog>
  );
}
