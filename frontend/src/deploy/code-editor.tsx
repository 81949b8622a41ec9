/** CodeMirror in the console's colours; loaded only where source is pasted. */
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { python } from '@codemirror/lang-python';
import { useComputedColorScheme } from '@mantine/core';
import CodeMirror, { EditorView, type Extension } from '@uiw/react-codemirror';
import { useMemo } from 'react';
import type { Language } from './form-values.js';

const LANGUAGES: Readonly<Record<Language, () => Extension>> = { python, node: () => javascript(), static: html };

const look = EditorView.theme({
  // Twice the class: the dark theme's own background comes later in the page.
  '&.cm-editor': { backgroundColor: 'transparent', fontSize: '13px' },
  '.cm-content': { fontFamily: 'var(--font-mono)', padding: '10px 0' },
  '&.cm-editor .cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--ink-3)' },
  '&.cm-editor .cm-activeLine, &.cm-editor .cm-activeLineGutter': { backgroundColor: 'var(--sheet-2)' },
  '&.cm-focused': { outline: 'none' },
});
const labelled = EditorView.contentAttributes.of({ 'aria-label': 'Source code' });

export interface CodeEditorProps {
  readonly value: string;
  readonly language: Language;
  readonly onChange: (value: string) => void;
}
export function CodeEditor({ value, language, onChange }: CodeEditorProps) {
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const extensions = useMemo(() => [LANGUAGES[language](), look, labelled], [language]);
  return (
    <CodeMirror
      value={value}
      theme={scheme}
      extensions={extensions}
      minHeight="220px"
      maxHeight="460px"
      // Tab must leave the editor: a keyboard would be caught in it otherwise.
      indentWithTab={false}
      basicSetup={{ foldGutter: false, highlightActiveLine: true }}
      onChange={onChange}
    />
  );
}
