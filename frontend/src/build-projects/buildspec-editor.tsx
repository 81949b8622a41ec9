/** The editor of a buildspec: its keys, texts and comments told apart, and each problem marked where it stands. */
import type { BuildspecProblem } from '@aws-deployer/platform/contracts/build-projects';
import {
  Decoration,
  EditorView,
  MatchDecorator,
  ViewPlugin,
  type DecorationSet,
  type Range,
  type Text,
} from '@uiw/react-codemirror';
import { useEffect, useMemo, useRef } from 'react';
import { CodeEditor } from '../ui/code-editor.js';

const words = new MatchDecorator({
  // A comment, a key, a quoted text: enough to read by; the check is the server's.
  regexp: /(?<=^|\s)#.*$|^\s*(?:- )*[\w."'$/-]+(?=:(?:\s|$))|"(?:[^"\\]|\\.)*"|'[^']*'/gm,
  decoration: ([text]) =>
    Decoration.mark({ class: text.startsWith('#') ? 'yaml-note' : /^["']/.test(text) ? 'yaml-text' : 'yaml-key' }),
});
const highlight = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = words.createDeco(view);
    }
    update(update: Parameters<MatchDecorator['updateDeco']>[0]) {
      this.decorations = words.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
const colours = EditorView.theme({
  '.yaml-key': { color: '#8fb4ff' },
  '.yaml-text': { color: '#a5d6a0' },
  '.yaml-note': { color: 'var(--terminal-dim)', fontStyle: 'italic' },
  '.buildspec-problem': { textDecoration: 'underline wavy #ff7a59', textUnderlineOffset: '4px' },
  '.buildspec-warning': { textDecoration: 'underline wavy #e0a83c', textUnderlineOffset: '4px' },
  '.buildspec-problem-line': { boxShadow: 'inset 3px 0 #ff7a59' },
  '.buildspec-warning-line': { boxShadow: 'inset 3px 0 #e0a83c' },
});

export interface Marks {
  readonly problems: readonly BuildspecProblem[];
  readonly warnings: readonly BuildspecProblem[];
}

const marked = ({ problems, warnings }: Marks) =>
  EditorView.decorations.of(({ state: { doc } }) =>
    Decoration.set(
      [
        ...problems.flatMap((problem) => markOf(doc, problem, 'problem')),
        ...warnings.flatMap((warning) => markOf(doc, warning, 'warning')),
      ],
      true,
    ),
  );

/** The line, and from the column on the text; a place that the text no longer has is its nearest one. */
function markOf(doc: Text, problem: BuildspecProblem, kind: 'problem' | 'warning'): Range<Decoration>[] {
  const line = doc.line(Math.min(Math.max(1, problem.line), doc.lines));
  const from = Math.min(line.from + Math.max(0, problem.column - 1), line.to);
  const start = from === line.to ? line.from : from;
  const attributes = { title: problem.message };
  return [
    Decoration.line({ class: `buildspec-${kind}-line` }).range(line.from),
    ...(start < line.to ? [Decoration.mark({ class: `buildspec-${kind}`, attributes }).range(start, line.to)] : []),
  ];
}

export interface BuildspecEditorProps {
  readonly value: string;
  readonly marks: Marks;
  readonly onChange: (value: string) => void;
  /** A place to put the cursor at, when it changes: a problem that was pressed. */
  readonly goTo: BuildspecProblem | null;
}

export function BuildspecEditor({ value, marks, onChange, goTo }: BuildspecEditorProps) {
  const view = useRef<EditorView | null>(null);
  const extensions = useMemo(() => [highlight, colours, marked(marks)], [marks]);
  useEffect(() => {
    if (!goTo || !view.current) return;
    const { doc } = view.current.state;
    const line = doc.line(Math.min(Math.max(1, goTo.line), doc.lines));
    const anchor = Math.min(line.from + Math.max(0, goTo.column - 1), line.to);
    view.current.dispatch({ selection: { anchor }, scrollIntoView: true });
    view.current.focus();
  }, [goTo]);
  return (
    <CodeEditor
      label="Buildspec"
      value={value}
      extensions={extensions}
      onChange={onChange}
      onReady={(ready) => {
        view.current = ready;
      }}
    />
  );
}
