/**
 * The build and rollout log: only the lines in view are in the page, so a million of them stay smooth. Follows the end
 * until the reader scrolls up; stages filter, search steps through its hits, the whole log downloads as text.
 */
import type { StageName } from '@aws-deployer/platform/contracts/deployments';
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
import { stageLabel } from '../deployments/states.js';
import { LiveMark } from '../live/live-mark.js';
import { asText, linesOf, matchesIn, stagesIn } from './log-filter.js';
import { LogLines } from './log-lines.js';
import { useLogStream } from './use-log-stream.js';
import classes from './log-viewer.module.css';

export function LogViewer({ path, fileName }: { path: string; fileName: string }) {
  const { snapshot, status } = useLogStream(path);
  const [stage, setStage] = useState<StageName | null>(null);
  const [needle, setNeedle] = useState('');
  const [hit, setHit] = useState(0);
  const [follow, setFollow] = useState(true);
  const sought = useDeferredValue(needle);
  const shown = useMemo(() => linesOf(snapshot, stage), [snapshot, stage]);
  const stages = useMemo(() => stagesIn(snapshot), [snapshot]);
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
          <button type="button" aria-pressed={stage === null} onClick={() => setStage(null)}>
            All
          </button>
          {stages.map((name) => (
            <button key={name} type="button" aria-pressed={stage === name} onClick={() => setStage(name)}>
              {stageLabel(name)}
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
            onClick={() => download(asText(snapshot.lines), fileName)}
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

function download(text: string, fileName: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(url);
}
