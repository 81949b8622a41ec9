/** Starts a run and leads to it; a refusal is said where it happened. */
import { Button, type ButtonProps } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { InfraRunView } from '@aws-deployer/platform/contracts/infra';
import { infraRunKey, resumeInfraRun, startInfraRun, type StartInfraRun } from '../api/infra.js';
import { useSubmit, type SubmitHandlers } from '../api/submission.js';

/** What every way to a new run does with it. */
export function useNewRun<Body>(): SubmitHandlers<Body, InfraRunView> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return {
    onDone: (run) => {
      client.setQueryData(infraRunKey(run.id), run);
      void client.invalidateQueries({ queryKey: ['infra'] });
      void navigate({ to: '/infrastructure/runs/$id', params: { id: run.id } });
    },
    onFailed: (problem) =>
      notifications.show({ color: 'red', title: 'The run was not started', message: problem.message }),
  };
}

export interface StartRunButtonProps extends ButtonProps {
  readonly environment: string;
  readonly body: StartInfraRun;
  readonly label: string;
  readonly describedAs?: string;
}
export function StartRunButton({ environment, body, label, describedAs, ...look }: StartRunButtonProps) {
  const start = useSubmit(startInfraRun, useNewRun());
  return (
    <Button
      {...look}
      {...(describedAs === undefined ? {} : { 'aria-label': describedAs })}
      loading={start.isPending}
      onClick={() => start.mutate({ environment, body })}
    >
      {label}
    </Button>
  );
}

export function ResumeButton({ run, ...look }: ButtonProps & { run: InfraRunView }) {
  const resume = useSubmit(resumeInfraRun, useNewRun());
  return (
    <Button {...look} loading={resume.isPending} onClick={() => resume.mutate(run.id)}>
      {run.kind === 'apply' ? 'Plan what is left' : 'Run again'}
    </Button>
  );
}
