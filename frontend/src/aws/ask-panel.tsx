/** Words in, one operation of the catalogue out: run at once if it only reads, else after a yes; else what comes nearest. */
import type { AskView, AwsResultView } from '@aws-deployer/platform/contracts/aws-operations';
import { Button, TextInput } from '@mantine/core';
import { IconMessageQuestion } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { ask, confirmAsked, type AwsPlace } from '../api/aws-operations.js';
import { Chip } from '../ui/chip.js';
import { Notice } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { ConfirmationDialog } from './confirmation-dialog.js';
import { effectFace } from './effects.js';
import { ResultTable } from './result-table.js';
import classes from './aws.module.css';

const EXAMPLES = ['running instances', 'buckets', 'who am i'];

export interface AskPanelProps {
  readonly place: AwsPlace;
  /** Opens an operation's form, with what the words gave. */
  readonly onOpen: (operation: string, parameters: Readonly<Record<string, unknown>>) => void;
}

export function AskPanel({ place, onOpen }: AskPanelProps) {
  const [words, setWords] = useState('');
  const [done, setDone] = useState<{ summary: string; output: AwsResultView | null } | null>(null);
  const question = useMutation({
    mutationFn: ask,
    onSuccess: ({ summary, output, confirmation_needed: asks, operation }) =>
      setDone(asks || operation === null || output === null ? null : { summary, output }),
  });
  const decision = useMutation({
    mutationFn: confirmAsked,
    onSuccess: ({ summary, output }) => {
      setDone({ summary, output });
      question.reset();
    },
  });
  const answer = question.data;
  const put = (query: string) => {
    if (query.trim() === '') return;
    setDone(null);
    decision.reset();
    question.mutate({ query: query.trim(), ...place });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    put(words);
  };
  const asks = answer?.confirmation_needed === true;
  return (
    <>
      <Panel>
        <form className={classes.ask} onSubmit={submit} aria-label="Ask">
          <TextInput
            className={classes.words ?? ''}
            size="md"
            aria-label="What do you want to know or do?"
            placeholder="What do you want to know or do? For example: stop instance i-0a1b2c3d4e5f60001"
            leftSection={<IconMessageQuestion size={20} stroke={1.6} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
          />
          <Button type="submit" size="md" loading={question.isPending}>
            Ask
          </Button>
        </form>
        <div className={classes.examples}>
          {EXAMPLES.map((example) => (
            <Button
              key={example}
              variant="default"
              size="compact-xs"
              onClick={() => {
                setWords(example);
                put(example);
              }}
            >
              {example}
            </Button>
          ))}
          {answer && (
            <span className={classes.by}>
              understood by {answer.understood_by === 'bedrock' ? 'Amazon Bedrock' : 'matching on this platform'}
            </span>
          )}
        </div>
        {question.error && (
          <div className={classes.answer}>
            <Notice tone="bad" role="alert">
              {question.error.message}
            </Notice>
          </div>
        )}
        {done && (
          <div className={classes.answer}>
            <Notice tone="good" role="status">
              {done.summary}
            </Notice>
          </div>
        )}
        {answer && !asks && !done && (
          <div className={classes.answer}>
            <Notice tone="mute" role="status" title={answer.summary} />
          </div>
        )}
        {answer && answer.candidates.length > 0 && <Candidates answer={answer} onOpen={onOpen} />}
      </Panel>
      {done?.output && <ResultTable result={done.output} />}
      {answer && asks && (
        <ConfirmationDialog
          summary={answer.summary}
          effect={answer.candidates.find(({ operation }) => operation === answer.operation)?.effect ?? 'change'}
          expiresAt={answer.expires_at}
          busy={decision.isPending}
          problem={decision.error?.message ?? null}
          onCancel={() => decision.mutate({ query: answer.query, decision: false })}
          onConfirm={() => decision.mutate({ query: answer.query, decision: true })}
        />
      )}
    </>
  );
}

function Candidates({ answer, onOpen }: { answer: AskView; onOpen: AskPanelProps['onOpen'] }) {
  const others = answer.candidates.filter(({ operation }) => operation !== answer.operation);
  const title = answer.operation === null ? 'What comes nearest' : 'Or did you mean';
  if (others.length === 0) return null;
  return (
    <div className={classes.answer}>
      <h3 className={classes.nearest}>{title}</h3>
      <ul className={classes.candidates}>
        {others.map(({ operation, title: words, effect, parameters, missing }) => (
          <li key={operation}>
            <Button variant="default" size="compact-sm" onClick={() => onOpen(operation, parameters)}>
              {words}
            </Button>
            <code>{operation}</code>
            {effect !== 'read' && <Chip tone={effectFace(effect).tone}>{effectFace(effect).word}</Chip>}
            {missing.length > 0 && <span className={classes.missing}>needs {missing.join(', ')}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}
