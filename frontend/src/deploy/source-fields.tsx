/** Where the software comes from: a repository, pasted source, or an image. */
import { SegmentedControl, TextInput, Input } from '@mantine/core';
import { IconBrandGit, IconBox, IconClipboardText } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { LoadingPanel } from '../ui/feedback.js';
import type { SourceType } from './form-values.js';
import { STARTERS, type Language } from './starters.js';
import type { FormPart } from './form-props.js';
import classes from './deploy-page.module.css';
import form from '../ui/form.module.css';

const CodeEditor = lazy(async () => ({ default: (await import('./code-editor.js')).CodeEditor }));

const SOURCES: readonly { value: SourceType; label: string; note: string; icon: typeof IconBox }[] = [
  { value: 'git', label: 'Git repository', note: 'Built from your code', icon: IconBrandGit },
  { value: 'snippet', label: 'Pasted source', note: 'One file, nothing to clone', icon: IconClipboardText },
  { value: 'image', label: 'Image', note: 'Already built', icon: IconBox },
];

export function SourceTabs({ values, set }: Pick<FormPart, 'values' | 'set'>) {
  return (
    <div className={classes.sources} role="radiogroup" aria-label="Source">
      {SOURCES.map(({ value, label, note, icon: Icon }) => (
        <label key={value} className={classes.source} data-checked={values.sourceType === value}>
          <input
            type="radio"
            name="source"
            value={value}
            checked={values.sourceType === value}
            onChange={() => set('sourceType', value)}
          />
          <Icon size={20} stroke={1.6} aria-hidden />
          <span>
            <b>{label}</b>
            <small>{note}</small>
          </span>
        </label>
      ))}
    </div>
  );
}

export function SourceFields({ values, errors, set }: FormPart) {
  if (values.sourceType === 'snippet') return <SnippetFields values={values} errors={errors} set={set} />;
  if (values.sourceType === 'image') {
    return (
      <TextInput
        label="Image"
        description="With its registry, and a tag or a digest"
        placeholder="ghcr.io/acme/shop:1.4.2"
        required
        classNames={{ input: form.monoInput ?? '' }}
        value={values.image}
        error={errors['image']}
        onChange={(event) => set('image', event.currentTarget.value)}
      />
    );
  }
  return (
    <div className={form.twoOne}>
      <TextInput
        label="Repository"
        placeholder="https://github.com/acme/shop.git"
        required
        classNames={{ input: form.monoInput ?? '' }}
        value={values.repoUrl}
        error={errors['repoUrl']}
        onChange={(event) => set('repoUrl', event.currentTarget.value)}
      />
      <TextInput
        label="Branch, tag or commit"
        placeholder="default branch"
        classNames={{ input: form.monoInput ?? '' }}
        value={values.ref}
        error={errors['ref']}
        onChange={(event) => set('ref', event.currentTarget.value)}
      />
    </div>
  );
}

const LANGUAGES = [
  { value: 'python', label: 'Python' },
  { value: 'node', label: 'Node' },
  { value: 'static', label: 'HTML' },
];
const isUntouched = (code: string): boolean => code.trim() === '' || Object.values(STARTERS).includes(code);

function SnippetFields({ values, errors, set }: FormPart) {
  const choose = (chosen: string) => {
    const language = chosen as Language;
    set('language', language);
    if (isUntouched(values.code)) set('code', STARTERS[language]);
  };
  return (
    <Input.Wrapper label="Source" error={errors['code'] ?? errors['language']} labelElement="div">
      <div className={form.editor}>
        <div className={form.editorBar}>
          <SegmentedControl
            size="xs"
            data={LANGUAGES}
            value={values.language}
            onChange={choose}
            aria-label="Language"
          />
          <span className={form.hint}>Listen on the port in the PORT variable.</span>
        </div>
        <Suspense fallback={<LoadingPanel height={280} label="Loading the editor" />}>
          <CodeEditor value={values.code} language={values.language} onChange={(code) => set('code', code)} />
        </Suspense>
      </div>
    </Input.Wrapper>
  );
}
