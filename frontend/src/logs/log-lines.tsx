/** The window over the lines: rows of one height, of which those in view (and a few more) are rendered. */
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import { clock } from '../ui/words.js';
import { parseAnsi, type AnsiSpan } from './ansi.js';
import type { LogSnapshot } from './log-buffer.js';
import type { LogLine } from './log-line.js';
import classes from './log-viewer.module.css';

const ROW = 21;
const SPARE_ROWS = 12;

export interface LogLinesProps {
  readonly snapshot: LogSnapshot;
  readonly shown: readonly number[];
  readonly needle: string;
  /** Position in `shown` of the hit to bring into view. */
  readonly current: number | null;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly waiting: boolean;
}

export function LogLines({ snapshot, shown, needle, current, follow, onFollow, waiting }: LogLinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 420 });

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (follow && scroller.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [follow, shown]);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (current === null || !element) return;
    const top = current * ROW;
    if (top < element.scrollTop || top > element.scrollTop + element.clientHeight - 2 * ROW) {
      element.scrollTop = Math.max(0, top - element.clientHeight / 2);
    }
  }, [current]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const movedUp = element.scrollTop < view.top - 2;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - ROW;
    setView({ top: element.scrollTop, height: element.clientHeight });
    if (follow && movedUp && !atEnd) onFollow(false);
    if (!follow && atEnd && !movedUp && current === null) onFollow(true);
  };

  const from = Math.max(0, Math.floor(view.top / ROW) - SPARE_ROWS);
  const until = Math.min(shown.length, Math.ceil((view.top + view.height) / ROW) + SPARE_ROWS);
  const rows: ReactNode[] = [];
  for (let position = from; position < until; position += 1) {
    const index = shown[position];
    const line = index === undefined ? undefined : snapshot.lines[index];
    if (line) rows.push(<Row key={index} line={line} position={position} needle={needle} hit={position === current} />);
  }
  return (
    <div className={classes.lines} ref={scroller} onScroll={onScroll} tabIndex={0} role="region" aria-label="Log lines">
      {shown.length === 0 ? (
        <p className={classes.nothing}>{waiting ? 'Waiting for the first line …' : 'There are no lines.'}</p>
      ) : (
        <div className={classes.paper} style={{ height: shown.length * ROW + 16 }}>
          {rows}
        </div>
      )}
    </div>
  );
}

function Row(props: { line: LogLine; position: number; needle: string; hit: boolean }) {
  const { line, position, needle, hit } = props;
  return (
    <div
      className={classes.row}
      style={{ transform: `translateY(${position * ROW + 8}px)` }}
      data-stream={line.stream}
      data-hit={hit}
    >
      <span className={classes.number}>{position + 1}</span>
      <time className={classes.clock} dateTime={line.ts}>
        {clock(line.ts)}
      </time>
      <span className={classes.text}>
        {parseAnsi(line.text).map((span, at) => (
          <Span key={at} span={span} needle={needle} />
        ))}
      </span>
    </div>
  );
}

function Span({ span, needle }: { span: AnsiSpan; needle: string }) {
  const style: React.CSSProperties = {};
  if (span.color !== null) style.color = span.color;
  if (span.background !== null) style.background = span.background;
  if (span.bold) style.fontWeight = 700;
  if (span.dim) style.opacity = 0.65;
  if (span.italic) style.fontStyle = 'italic';
  if (span.underline) style.textDecoration = 'underline';
  return <span style={style}>{marked(span.text, needle)}</span>;
}

/** The text with every occurrence of the needle marked. */
function marked(text: string, needle: string): ReactNode {
  const wanted = needle.trim().toLowerCase();
  if (wanted === '') return text;
  const lower = text.toLowerCase();
  const parts: ReactNode[] = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  parts.push(text.slice(from));
  return parts;
}
