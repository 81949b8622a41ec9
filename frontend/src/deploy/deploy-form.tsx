/** The form itself: the parts, the plan beside them, and what the server said of the last try. */
import { Autocomplete, Button, NumberInput, TextInput } from '@mantine/core';
import { IconListCheck, IconRocket } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { environmentsQuery } from '../api/applications.js';
import { askPreflight, createDeployment, deploymentKey, enginesQuery } from '../api/deployments.js';
import type { ApiError } from '../api/problem.js';
import { useSubmit } from '../api/submission.js';
import { Notice } from '../ui/feedback.js';
import { errorsByField } from '../ui/field-error.js';
import { focusRefused } from '../ui/focus-refused.js';
import { FoldPanel } from '../ui/fold-panel.js';
import { Panel } from '../ui/panel.js';
import { AdvancedFields } from './advanced-fields.js';
import { ConsentFields } from './consent-fields.js';
import { inputOf, isAdvanced, missingIn } from './form-errors.js';
import { bodyOf, nameFromImage, nameFromRepository, type DeployValues } from './form-values.js';
import { planOf } from './plan.js';
import { PreflightPanel } from './preflight-panel.js';
import { SourceFields, SourceTabs } from './source-fields.js';
import classes from './deploy-page.module.css';
import shape from '../ui/form.module.css';

export function DeployForm({ initial }: { initial: DeployValues }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState(initial);
  const [named, setNamed] = useState(initial.application !== '');
  const [open, setOpen] = useState(false);
  const [errors, setErrors] = useState<Readonly<Record<string, ReactNode>>>({});
  const [refusals, setRefusals] = useState(0);
  const [general, setGeneral] = useState<string | null>(null);
  const environments = useQuery(environmentsQuery);
  const engines = useQuery(enginesQuery);

  const show = (found: Readonly<Record<string, ReactNode>>, sentence: string | null) => {
    setErrors(found);
    setGeneral(sentence);
    if (Object.keys(found).length > 0) setRefusals((before) => before + 1);
    if (Object.keys(found).some(isAdvanced)) setOpen(true);
  };
  const refused = (problem: ApiError) => {
    const found = errorsByField(problem, inputOf);
    show(found.fields, found.general);
  };
  const deploy = useSubmit(createDeployment, {
    onDone: (deployment) => {
      client.setQueryData(deploymentKey(deployment.id), deployment);
      void client.invalidateQueries({ queryKey: ['applications'] });
      void navigate({ to: '/deployments/$id', params: { id: deployment.id } });
    },
    onFailed: (problem) => refused(problem),
  });
  const check = useMutation({ mutationFn: askPreflight, onError: (problem: ApiError) => refused(problem) });
  // Once for each refusal: an error that goes because its field is being mended must not take the cursor away from it.
  useEffect(() => focusRefused(form.current), [refusals]);

  const set = <K extends keyof DeployValues>(key: K, value: DeployValues[K]) => {
    const names = !named && (key === 'repoUrl' || key === 'image');
    setValues((before) => {
      const next = { ...before, [key]: value };
      if (!names) return next;
      return { ...next, application: key === 'image' ? nameFromImage(next.image) : nameFromRepository(next.repoUrl) };
    });
    const mended = (name: string) => name === key || name.startsWith(`${key}.`) || (names && name === 'application');
    const others = Object.entries(errors).filter(([name]) => !mended(name));
    if (others.length < Object.keys(errors).length) setErrors(Object.fromEntries(others));
  };
  /** What is missing is told without asking the server. */
  const send = (to: { readonly mutate: (body: ReturnType<typeof bodyOf>) => void }) => {
    const missing = missingIn(values);
    show(missing, null);
    if (Object.keys(missing).length === 0) to.mutate(bodyOf(values));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(deploy);
  };
  const part = { values, errors, set };
  return (
    <form className={classes.layout} onSubmit={submit} noValidate ref={form} aria-label="Deploy">
      <div className={classes.column}>
        <Panel>
          <div className={shape.fields}>
            <SourceTabs values={values} set={set} />
            <SourceFields {...part} />
            <div className={shape.two}>
              <TextInput
                label="Application"
                description="Made by its first deployment"
                placeholder="shop"
                required
                value={values.application}
                error={errors['application']}
                onChange={(event) => {
                  setNamed(event.currentTarget.value !== '');
                  set('application', event.currentTarget.value);
                }}
              />
              <Autocomplete
                label="Environment"
                description="Made if it is not there yet"
                data={[...new Set(['development', ...(environments.data ?? []).map(({ name }) => name)])]}
                value={values.environment}
                error={errors['environment']}
                onChange={(value) => set('environment', value)}
              />
              <NumberInput
                label="Replicas"
                min={0}
                max={500}
                value={values.replicas}
                error={errors['replicas']}
                onChange={(value) => set('replicas', typeof value === 'number' ? value : '')}
              />
              <NumberInput
                label="Port"
                placeholder="first EXPOSE, else 8080"
                min={1}
                max={65535}
                value={values.port}
                error={errors['port']}
                onChange={(value) => set('port', typeof value === 'number' ? value : '')}
              />
            </div>
          </div>
        </Panel>
        <FoldPanel
          title="Advanced"
          note="Build, environment variables, secrets, resources, network, checks. Every one has a default."
          open={open}
          onToggle={() => setOpen(!open)}
        >
          <AdvancedFields {...part} />
          <ConsentFields {...part} />
        </FoldPanel>
        <PreflightPanel
          view={check.data ?? null}
          pending={check.isPending}
          stale={JSON.stringify(check.variables) !== JSON.stringify(bodyOf(values))}
        />
      </div>
      <aside className={classes.plan} aria-label="What will happen">
        <h2>What will happen</h2>
        <ol>
          {planOf(values, engines.data ?? []).map(({ stage, text }) => (
            <li key={stage}>
              <b>{stage}</b>
              {text}
            </li>
          ))}
        </ol>
        {(general !== null || Object.keys(errors).length > 0) && (
          <Notice tone="bad" role="alert">
            {general ?? 'Some fields need a change. They are marked.'}
          </Notice>
        )}
        <Button type="submit" size="md" fullWidth loading={deploy.isPending} leftSection={<IconRocket size={18} />}>
          Deploy
        </Button>
        <Button
          variant="default"
          fullWidth
          loading={check.isPending}
          leftSection={<IconListCheck size={17} />}
          onClick={() => send(check)}
        >
          Check before deploying
        </Button>
      </aside>
    </form>
  );
}
