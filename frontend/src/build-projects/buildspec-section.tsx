/** The buildspec: a file in the source, or written here with templates and a check at every pause of typing. */
import type { BuildspecProblem } from '@aws-deployer/platform/contracts/build-projects';
import { Button, Input, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle, IconCircleX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { buildspecCheckQuery, buildspecTemplatesQuery } from '../api/build-projects.js';
import { LoadingPanel } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { capital, count, stop } from '../ui/words.js';
import type { Marks } from './buildspec-editor.js';
import type { ProjectPart } from './project-part.js';
import form from '../ui/form.module.css';
import classes from './project-form.module.css';

const BuildspecEditor = lazy(async () => ({ default: (await import('./buildspec-editor.js')).BuildspecEditor }));
const NO_MARKS: Marks = { problems: [], warnings: [] };

export function BuildspecSection({ values, errors, set }: ProjectPart) {
  return (
    <Panel
      title="Buildspec"
      note="the commands of each phase"
      tools={
        <SegmentedControl
          size="xs"
          aria-label="Where the buildspec is"
          data={[
            { value: 'file', label: 'In the source' },
            { value: 'inline', label: 'Written here' },
          ]}
          value={values.buildspecKind}
          onChange={(kind) => set('buildspecKind', kind === 'inline' ? 'inline' : 'file')}
        />
      }
    >
      {values.buildspecKind === 'file' ? (
        <TextInput
          label="Path in the source"
          placeholder="buildspec.yml"
          classNames={{ input: form.monoInput ?? '' }}
          value={values.buildspecPath}
          error={errors['buildspecPath']}
          onChange={(event) => set('buildspecPath', event.currentTarget.value)}
        />
      ) : (
        <InlineBuildspec
          value={values.buildspecText}
          error={errors['buildspecText']}
          onChange={(text) => set('buildspecText', text)}
        />
      )}
    </Panel>
  );
}

export interface InlineBuildspecProps {
  readonly value: string;
  readonly error?: React.ReactNode;
  readonly onChange: (text: string) => void;
}

export function InlineBuildspec({ value, error, onChange }: InlineBuildspecProps) {
  const [checked] = useDebouncedValue(value, 350);
  const [goTo, setGoTo] = useState<BuildspecProblem | null>(null);
  const templates = useQuery(buildspecTemplatesQuery);
  const check = useQuery(buildspecCheckQuery(checked));
  // What was found of an older text would stand at the wrong places.
  const marks = checked === value && check.data ? check.data : NO_MARKS;
  const taken = (templates.data ?? []).some(({ text }) => text === value);
  return (
    <Input.Wrapper label="Buildspec" error={error} labelElement="div">
      <div className={form.editor} aria-invalid={error !== undefined}>
        <div className={form.editorBar}>
          <span className={form.hint}>Begin with</span>
          {(templates.data ?? []).map((template) => (
            <Button
              key={template.template}
              variant="default"
              size="compact-xs"
              title={template.description}
              // Own words are not thrown away by a slip of the mouse.
              disabled={value.trim() !== '' && !taken}
              onClick={() => onChange(template.text)}
            >
              {template.title}
            </Button>
          ))}
          <CheckMark busy={check.isFetching || checked !== value} marks={marks} text={value} failed={check.isError} />
        </div>
        <Suspense fallback={<LoadingPanel height={240} label="Loading the editor" />}>
          <BuildspecEditor value={value} marks={marks} onChange={onChange} goTo={goTo} />
        </Suspense>
      </div>
      <Found marks={marks} onGo={setGoTo} />
    </Input.Wrapper>
  );
}

function CheckMark(props: { busy: boolean; marks: Marks; text: string; failed: boolean }) {
  const { busy, marks, text, failed } = props;
  const bad = marks.problems.length;
  const words =
    text.trim() === ''
      ? ''
      : failed
        ? 'Could not be checked'
        : busy
          ? 'Checking …'
          : bad > 0
            ? count(bad, 'problem')
            : 'No problems';
  return (
    <span className={classes.check} role="status" aria-live="polite" data-tone={bad > 0 || failed ? 'bad' : 'good'}>
      {words}
    </span>
  );
}

function Found({ marks, onGo }: { marks: Marks; onGo: (problem: BuildspecProblem) => void }) {
  const all = [
    ...marks.problems.map((problem) => ({ problem, bad: true })),
    ...marks.warnings.map((problem) => ({ problem, bad: false })),
  ];
  if (all.length === 0) return null;
  return (
    <ul className={classes.problems} aria-label="Problems of the buildspec">
      {all.map(({ problem, bad }) => (
        <li key={`${problem.line}:${problem.column}:${problem.message}`} data-tone={bad ? 'bad' : 'warn'}>
          {bad ? <IconCircleX size={16} aria-label="Problem" /> : <IconAlertTriangle size={16} aria-label="Warning" />}
          <button type="button" onClick={() => onGo({ ...problem })}>
            {problem.line}:{problem.column}
          </button>
          <span>
            {problem.path === '' ? (
              capital(stop(problem.message))
            ) : (
              <>
                <code className={classes.where}>{problem.path}</code> {stop(problem.message)}
              </>
            )}{' '}
            <span className={classes.mend}>{capital(stop(problem.mend))}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
