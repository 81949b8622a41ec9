/** CodeMirror on the console's terminal, dark by day too; loaded only where code is written. */
import CodeMirror, { EditorView, type Extension } from '@uiw/react-codemirror';
import { useMemo } from 'react';

const look = EditorView.theme({
  // Twice the class: the dark theme's own background comes later in the page.
  '&.cm-editor': { backgroundColor: 'var(--terminal)', fontSize: '13px' },
  '.cm-content': { fontFamily: 'var(--font-mono)', padding: '10px 0' },
  '&.cm-editor .cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--terminal-dim)' },
  '&.cm-editor .cm-activeLine, &.cm-editor .cm-activeLineGutter': { backgroundColor: 'var(--terminal-2)' },
  '&.cm-focused': { outline: 'none' },
});

export interface CodeEditorProps {
  readonly label: string;
  readonly value: string;
  /** The same array while nothing changed: a new one sets the editor up again. */
  readonly extensions: readonly Extension[];
  readonly onChange: (value: string) => void;
  readonly onReady?: (view: EditorView) => void;
}
export function CodeEditor({ label, value, extensions, onChange, onReady }: CodeEditorProps) {
  const all = useMemo(
    () => [
      ...extensions,
      look,
      EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
      EditorView.lineWrapping,
    ],
    [extensions, label],
  );
  return (
    <CodeMirror
      value={value}
      theme="dark"
      extensions={all}
      minHeight="220px"
      maxHeight="460px"
      // Tab must leave the editor: a keyboard would be caught in it otherwise.
      indentWithTab={false}
      basicSetup={{ foldGutter: false, highlightActiveLine: true }}
      onChange={onChange}
      {...(onReady ? { onCreateEditor: onReady } : {})}
    />
  );
}
