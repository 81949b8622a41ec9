/** One operation of the catalogue: its form, what it needs, the confirmation for what changes anything, its result. */
import type {
  AwsOperationView,
  AwsResultView,
  ConfirmationNeededView,
} from '@aws-deployer/platform/contracts/aws-operations';
import { Button } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import { needsConfirmation, runAwsOperation, type AwsPlace, type AwsRun } from '../api/aws-operations.js';
import { asApiError } from '../api/problem.js';
import { may, meQuery } from '../api/session.js';
import { Chip } from '../ui/chip.js';
import { Notice } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { Panel } from '../ui/panel.js';
import { ConfirmationDialog } from './confirmation-dialog.js';
import { effectFace } from './effects.js';
import { BadParameter, fieldsOf, parametersOf, valuesOfParameters, type FormValues } from './parameter-schema.js';
import { ParameterFields } from './parameter-fields.js';
import { ResultTable } from './result-table.js';
import form from '../ui/form.module.css';
import classes from './aws.module.css';

export interface RunPanelProps {
  readonly operation: AwsOperationView;
  readonly place: AwsPlace;
  /** What is known already. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

export function RunPanel({ operation, place, parameters }: RunPanelProps) {
  const me = useQuery(meQuery);
  const fields = fieldsOf(operation.parameters);
  const [values, setValues] = useState<FormValues>(() => valuesOfParameters(fields, parameters));
  const [bad, setBad] = useState<Readonly<Record<string, ReactNode>>>({});
  const [asked, setAsked] = useState<{ run: AwsRun; needed: ConfirmationNeededView } | null>(null);
  const [shown, setShown] = useState<{ run: AwsRun; result: AwsResultView } | null>(null);
  const run = useMutation({
    mutationFn: runAwsOperation,
    onSuccess: (answer, sent) => {
      if (needsConfirmation(answer)) {
        setAsked({ run: sent, needed: answer });
        return;
      }
      setAsked(null);
      setShown((before) =>
        sent.cursor !== undefined && before
          ? { run: before.run, result: { ...answer, rows: [...before.result.rows, ...answer.rows] } }
          : { run: sent, result: answer },
      );
    },
  });
  const refused = errorsByField(run.error ? asApiError(run.error) : null, (field) => {
    const name = field.replace(/^parameters\./, '').split(/[.[]/)[0] ?? '';
    return fields.some((each) => each.name === name) ? name : null;
  });
  const mayRun = operation.effect === 'read' || may(me.data, 'aws:write');
  const { word, tone } = effectFace(operation.effect);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    try {
      setBad({});
      run.mutate({ operation: operation.name, parameters: parametersOf(fields, values), ...place });
    } catch (error) {
      if (!(error instanceof BadParameter)) throw error;
      setBad({ [error.field]: error.message });
    }
  };
  return (
    <>
      <Panel title={operation.title} note={<code>{operation.name}</code>} tools={<Chip tone={tone}>{word}</Chip>}>
        <form className={form.fields} onSubmit={submit} aria-label={operation.title}>
          <p className={classes.description}>
            {operation.description}
            {operation.permissions.length > 0 && (
              <span className={classes.needs}>
                Needs{' '}
                {operation.permissions.map((permission) => (
                  <code key={permission}>{permission}</code>
                ))}
              </span>
            )}
          </p>
          <ParameterFields
            fields={fields}
            values={values}
            errors={{ ...refused.fields, ...bad }}
            onChange={(name, value) => setValues((before) => ({ ...before, [name]: value }))}
          />
          {refused.general !== null && !run.isPending && (
            <Notice tone="bad" role="alert">
              {refused.general}
            </Notice>
          )}
          {mayRun ? (
            <Button
              type="submit"
              style={{ alignSelf: 'flex-start' }}
              loading={run.isPending}
              leftSection={<IconPlayerPlay size={16} />}
              {...(operation.effect === 'destroy' ? { color: 'vermilion' } : {})}
            >
              {operation.effect === 'read' ? 'Run' : 'Run …'}
            </Button>
          ) : (
            <Notice tone="mute">Your role sees this operation but may not run it: it needs aws:write.</Notice>
          )}
        </form>
      </Panel>
      {shown && (
        <ResultTable
          result={shown.result}
          loadingMore={run.isPending}
          onMore={() => {
            const { next_cursor: cursor } = shown.result;
            if (cursor !== null) run.mutate({ ...shown.run, cursor });
          }}
        />
      )}
      {asked && (
        <ConfirmationDialog
          summary={asked.needed.summary}
          effect={asked.needed.effect}
          expiresAt={asked.needed.expires_at}
          busy={run.isPending}
          problem={run.error?.message ?? null}
          onCancel={() => setAsked(null)}
          onConfirm={() => run.mutate({ ...asked.run, confirm: asked.needed.confirm })}
        />
      )}
    </>
  );
}
