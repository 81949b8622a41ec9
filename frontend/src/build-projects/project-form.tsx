/** The form of a project: what all need is open, the rest folded with what it holds; an error opens its section. */
import { Button } from '@mantine/core';
import { IconDeviceFloppy } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useRef, useState, type ComponentType, type FormEvent } from 'react';
import type { ApiError } from '../api/problem.js';
import { Notice } from '../ui/feedback.js';
import { FoldPanel } from '../ui/fold-panel.js';
import { useRefusals } from '../ui/use-refusals.js';
import { BuildspecSection } from './buildspec-section.js';
import { EnvironmentSection } from './environment-section.js';
import { missingInProject, projectInputOf, sectionOf, type SectionName } from './project-errors.js';
import type { ProjectPart } from './project-part.js';
import type { ProjectValues } from './project-values.js';
import { GatesSection, LimitsSection, NetworkSection, TagsSection } from './rule-sections.js';
import { planOfProject, sectionNote } from './project-words.js';
import { SourceSection } from './source-section.js';
import { ArtifactsSection, LogsSection } from './storage-sections.js';
import { WebhookSection } from './webhook-section.js';
import layout from '../deploy/deploy-page.module.css';

const SECTIONS: readonly { name: SectionName; title: string; Fields: ComponentType<ProjectPart> }[] = [
  { name: 'artifacts', title: 'Artifacts and cache', Fields: ArtifactsSection },
  { name: 'webhook', title: 'Webhook and badge', Fields: WebhookSection },
  { name: 'gates', title: 'Quality gates', Fields: GatesSection },
  { name: 'limits', title: 'Times and limits', Fields: LimitsSection },
  { name: 'network', title: 'Network and role', Fields: NetworkSection },
  { name: 'logs', title: 'Logs', Fields: LogsSection },
  { name: 'tags', title: 'Tags', Fields: TagsSection },
];

export interface ProjectFormProps {
  readonly initial: ProjectValues;
  readonly isNew: boolean;
  readonly busy: boolean;
  /** What the server said of the last try. */
  readonly problem: ApiError | null;
  readonly onSave: (values: ProjectValues) => void;
}

export function ProjectForm({ initial, isNew, busy, problem, onSave }: ProjectFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState(initial);
  const [open, setOpen] = useState<ReadonlySet<SectionName>>(new Set());
  const { errors, general, begin, mend } = useRefusals(form, problem, projectInputOf);
  const faulty = new Set(Object.keys(errors).map(sectionOf));

  const set = <K extends keyof ProjectValues>(key: K, value: ProjectValues[K]) => {
    setValues((before) => ({ ...before, [key]: value }));
    mend(key);
    const section = sectionOf(key);
    // It was opened by its error; it stays open under the hands that mend it.
    if (section !== null && faulty.has(section)) setOpen((before) => new Set([...before, section]));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (begin(missingInProject(values))) onSave(values);
  };
  const part: ProjectPart = { values, errors, set };
  return (
    <form ref={form} className={layout.layout} aria-label="Build project" onSubmit={submit} noValidate>
      <div className={layout.column}>
        <SourceSection {...part} isNew={isNew} />
        <BuildspecSection {...part} />
        <EnvironmentSection {...part} />
        {SECTIONS.map(({ name, title, Fields }) => (
          <FoldPanel
            key={name}
            title={title}
            note={sectionNote(name, values)}
            open={open.has(name) || faulty.has(name)}
            onToggle={() =>
              setOpen(
                (before) => new Set(before.has(name) ? [...before].filter((each) => each !== name) : [...before, name]),
              )
            }
          >
            <Fields {...part} />
          </FoldPanel>
        ))}
      </div>
      <aside className={layout.plan} aria-label="What a build will do">
        <h2>What a build will do</h2>
        <ol>
          {planOfProject(values).map(({ stage, text }) => (
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
        <Button type="submit" size="md" fullWidth loading={busy} leftSection={<IconDeviceFloppy size={18} />}>
          {isNew ? 'Create project' : 'Save project'}
        </Button>
        <Button
          variant="default"
          fullWidth
          renderRoot={(props) =>
            isNew ? (
              <Link to="/builds/projects" {...props} />
            ) : (
              <Link to="/builds/projects/$name" params={{ name: initial.name }} {...props} />
            )
          }
        >
          {isNew ? 'Cancel' : 'Leave it as it is'}
        </Button>
      </aside>
    </form>
  );
}
