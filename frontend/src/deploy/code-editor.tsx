/** The editor of pasted source, in its language; loaded only where source is pasted. */
import { html } from '@codemirror/lang-html';
import { javascript } from '@codemirror/lang-javascript';
import { python } from '@codemirror/lang-python';
import type { Extension } from '@uiw/react-codemirror';
import { useMemo } from 'react';
import { CodeEditor as Editor } from '../ui/code-editor.js';
import type { Language } from './starters.js';

const LANGUAGES: Readonly<Record<Language, () => Extension>> = { python, node: () => javascript(), static: html };

export interface CodeEditorProps {
  readonly value: string;
  readonly language: Language;
  readonly onChange: (value: string) => void;
}
export function CodeEditor({ value, language, onChange }: CodeEditorProps) {
  const extensions = useMemo(() => [LANGUAGES[language]()], [language]);
  return <Editor label="Source code" value={value} extensions={extensions} onChange={onChange} />;
}
