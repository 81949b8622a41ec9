/** CodeMirror on the console's terminal, dark by day too; loaded only where source is pasted. */
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { python } from '@codemirror/lang-python';
import CodeMirror, { EditorView, type Extension } from '@uiw/react-codemirror';
import { useMemo } from 'react';
import type { Language } from './form-values.js';

const LANGUAGES: Readonly<Record<Language, () => Extension>> = { python, node: () => javascript(), static: html };

const look = EditorView.theme({
  // Twice the class: the dark theme's own background comes later in the page.
  '&.cm-editor': { backgroundColor: 'var(--terminal)', fontSize: '13px' },
  '.cm-content': { fontFamily: 'var(--font-mono)', padding: '10px 0' },
  '&.cm-editor .cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--terminal-dim)' },
  '&.cm-editor .cm-activeLine, &.cm-editor .cm-activeLineGutter': { backgroundColor: 'var(--terminal-2)' },
  '&.cm-focused': { outline: 'none' },
});
const labelled = EditorView.contentAttributes.of({ 'aria-label': 'Source code' });

export interface CodeEditorProps {
  readonly value: string;
  readonly language: Language;
  readonly onChange: (value: string) => void;
}
export function CodeEditor({ value, language, onChange }: CodeEditorProps) {
  const extensions = useMemo(() => [LANGUAGES[language](), look, labelled, EditorView.lineWrapping], [language]);
  return (
    <CodeMirror
      value={value}
      theme="dark"
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
