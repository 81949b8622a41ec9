/**
 * The build and rollout log: only the lines in view are in the page, so a million of them stay smooth. Follows the end
 * until the reader scrolls up; its parts (stages, phases) filter, search steps through its hits, the whole log downloads
 * as text: from `wholeLog` where the server keeps one, else from the lines that came.
 */
import { ActionIcon, TextInput, Tooltip } from '@mantine/core';
import {
  IconArrowDown,
  IconChevronDown,
  IconChevronUp,
  IconDownload,
  IconSearch,
  IconTerminal2,
} from '@tabler/icons-react';
import { useDeferredValue, useMemo, useState, type KeyboardEvent } from 'react';
import { LiveMark } from '../live/live-mark.js';
import { asText, linesOf, matchesIn, partsIn } from './log-filter.js';
import { LogLines } from './log-lines.js';
import { useLogStream } from './use-log-stream.js';
import classes from './log-viewer.module.css';

export interface LogViewerProps {
  readonly path: string;
  readonly fileName: string;
  readonly partLabel: (part: string) => string;
  readonly wholeLog?: string;
}

export function LogViewer({ path, fileName, partLabel, wholeLog }: LogViewerProps) {
  const { snapshot, status } = useLogStream(path);
  const [part, setPart] = useState<string | null>(null);
  const [needle, setNeedle] = useState('');
  const [hit, setHit] = useState(0);
  const [follow, setFollow] = useState(true);
  const sought = useDeferredValue(needle);
  const shown = useMemo(() => linesOf(snapshot, part), [snapshot, part]);
  const parts = useMemo(() => partsIn(snapshot), [snapshot]);
  const matches = useMemo(() => matchesIn(snapshot, shown, sought), [snapshot, shown, sought]);
  const at = matches.length === 0 ? -1 : ((hit % matches.length) + matches.length) % matches.length;

  const step = (by: number) => {
    setFollow(false);
    setHit(at + by);
  };
  const onSearchKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') setNeedle('');
  };

  return (
    <section className={classes.viewer} aria-label="Log">
      <div className={classes.bar}>
        <h2 className={classes.title}>
          <IconTerminal2 size={17} aria-hidden /> Log
        </h2>
        <LiveMark status={status} />
        <div className={classes.stages} role="group" aria-label="Show the lines of">
          {parts.length > 0 && (
            <button type="button" aria-pressed={part === null} onClick={() => setPart(null)}>
              All
            </button>
          )}
          {parts.map((name) => (
            <button key={name} type="button" aria-pressed={part === name} onClick={() => setPart(name)}>
              {partLabel(name)}
            </button>
          ))}
        </div>
        <div className={classes.tools}>
          <TextInput
            aria-label="Search the log"
            placeholder="Search"
            size="xs"
            w={190}
            value={needle}
            leftSection={<IconSearch size={14} />}
            rightSectionWidth={matches.length > 0 || needle !== '' ? 62 : 0}
            rightSection={
              needle === '' ? null : (
                <span className={classes.hits} aria-live="polite">
                  {matches.length === 0 ? 'none' : `${at + 1} / ${matches.length}`}
                </span>
              )
            }
            classNames={{ input: classes.search ?? '' }}
            onChange={(event) => {
              setNeedle(event.currentTarget.value);
              setHit(0);
              setFollow(event.currentTarget.value === '');
            }}
            onKeyDown={onSearchKey}
          />
          <Tool label="Previous hit" disabled={at < 0} onClick={() => step(-1)} icon={<IconChevronUp size={16} />} />
          <Tool label="Next hit" disabled={at < 0} onClick={() => step(1)} icon={<IconChevronDown size={16} />} />
          <Tool
            label={follow ? 'Following the end' : 'Follow the end'}
            pressed={follow}
            onClick={() => setFollow(!follow)}
            icon={<IconArrowDown size={16} />}
          />
          <Tool
            label="Download the log"
            disabled={snapshot.count === 0}
            onClick={() =>
              wholeLog === undefined ? downloadText(asText(snapshot.lines), fileName) : download(wholeLog, fileName)
            }
            icon={<IconDownload size={16} />}
          />
        </div>
      </div>
      <LogLines
        snapshot={snapshot}
        shown={shown}
        needle={sought}
        current={at < 0 ? null : (matches[at] ?? null)}
        follow={follow}
        onFollow={setFollow}
        waiting={status !== 'ended' && status !== 'refused'}
      />
    </section>
  );
}

interface ToolProps {
  readonly label: string;
  readonly icon: React.ReactNode;
  readonly onClick: () => void;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}
function Tool({ label, icon, onClick, disabled = false, pressed }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        className={classes.tool ?? ''}
        variant="transparent"
        size={28}
        aria-label={label}
        {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
        disabled={disabled}
        onClick={onClick}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function downloadText(text: string, fileName: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  download(url, fileName);
  URL.revokeObjectURL(url);
}

function download(url: string, fileName: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
}
