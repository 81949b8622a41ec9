/** What an operation answered, as a table; cells that hold more than a word open as JSON. */
import type { AwsResultView } from '@aws-deployer/platform/contracts/aws-operations';
import { IconExternalLink, IconTable } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CopyButton } from '../ui/copy-button.js';
import { Empty } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, LoadMore, Table } from '../ui/table.js';
import { count } from '../ui/words.js';
import classes from './aws.module.css';

export interface ResultTableProps {
  readonly result: AwsResultView;
  readonly loadingMore?: boolean;
  readonly onMore?: () => void;
}

export function ResultTable({ result, loadingMore = false, onMore }: ResultTableProps) {
  const { columns, rows } = result;
  return (
    <Panel
      title="Result"
      note={`${count(rows.length, 'row')}, ${result.account === null ? '' : `${result.account}, `}${result.region}`}
      flush
      tools={
        result.aws_console_url === null ? undefined : (
          <a href={result.aws_console_url} target="_blank" rel="noreferrer" className={classes.link}>
            AWS console <IconExternalLink size={14} aria-hidden />
          </a>
        )
      }
    >
      {rows.length === 0 ? (
        <Empty icon={<IconTable size={34} stroke={1.3} />} title="Nothing">
          AWS answered with no rows.
        </Empty>
      ) : (
        <Table label="Result" stack={false}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column}>{column}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                {columns.map((column) => (
                  <td key={column} className={classes.value}>
                    <Value value={row[column]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      <LoadMore
        hasMore={result.next_cursor !== null && onMore !== undefined}
        loading={loadingMore}
        onMore={() => onMore?.()}
      />
      {result.request_id !== null && (
        <p className={classes.request}>
          AWS request <code>{result.request_id}</code>{' '}
          <CopyButton value={result.request_id} what="request id" size={20} />
        </p>
      )}
    </Panel>
  );
}

const SHORT = 60;

function Value({ value }: { value: unknown }): ReactNode {
  if (value === null || value === undefined || value === '') return <span className={cell.dim}>–</span>;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return value.toLocaleString();
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= SHORT) return <span className={classes.short}>{text}</span>;
  return (
    <details className={classes.long}>
      <summary>{text.slice(0, SHORT)}…</summary>
      <pre tabIndex={0}>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}
