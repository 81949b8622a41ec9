/** A command that the earlier deployment ran in place of its image's own: told, kept, and left out with a press. */
import { Button } from '@mantine/core';
import { Notice } from '../ui/feedback.js';
import type { FormPart } from './form-props.js';

/** Words with a space or a sign in them are quoted, so that it shows where each ends. */
const shellWords = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

export function KeptCommand({ values, errors, set }: FormPart) {
  const { command, args } = values;
  if (command === null && args === null) return null;
  const refused = errors['command'] ?? errors['args'];
  const leaveOut = () => {
    set('command', null);
    set('args', null);
  };
  return (
    <Notice tone={refused === undefined ? 'mute' : 'bad'} title="Runs as it did last time">
      {command !== null && (
        <div>
          Command <code>{shellWords(command)}</code>
        </div>
      )}
      {args !== null && (
        <div>
          Arguments <code>{shellWords(args)}</code>
        </div>
      )}
      {refused}
      <Button variant="default" size="compact-sm" mt={8} onClick={leaveOut}>
        Run the image’s own command
      </Button>
    </Notice>
  );
}
