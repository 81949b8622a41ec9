/**
 * A list as every page shows it: a sheet with its title and tools, then one of four: rows of grey, what went wrong,
 * nothing yet, or the table with `Load more`. Columns say once how a cell looks on a desk and on a phone.
 */
import { VisuallyHidden } from '@mantine/core';
import type { Key, ReactNode } from 'react';
import { LoadingRows, Problem } from './feedback.js';
import { Panel } from './panel.js';
import { cell, LoadMore, Table } from './table.js';

export interface Column<T> {
  readonly name: string;
  readonly render: (item: T) => ReactNode;
  /** The name is for listeners only: a column of buttons. */
  readonly actions?: boolean;
  readonly right?: boolean;
  readonly className?: string | undefined;
  /** On a phone: takes a line of its own. */
  readonly wide?: boolean;
  /** On a phone: the column's name stands before the value. */
  readonly labelled?: boolean;
  readonly hidden?: boolean;
}

export interface DataTableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly items: readonly T[];
  readonly rowKey: (item: T) => Key;
}

export function DataTable<T>({ label, columns, items, rowKey }: DataTableProps<T>) {
  const shown = columns.filter(({ hidden }) => hidden !== true);
  const look = ({ right, actions, className }: Column<T>) =>
    [right === true || actions === true ? cell.right : '', actions === true ? cell.nowrap : '', className ?? '']
      .join(' ')
      .trim();
  return (
    <Table label={label}>
      <thead>
        <tr>
          {shown.map((column) => (
            <th key={column.name} className={column.right === true ? cell.right : undefined}>
              {column.actions === true ? <VisuallyHidden>{column.name}</VisuallyHidden> : column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={rowKey(item)}>
            {shown.map((column) => (
              <td
                key={column.name}
                className={look(column)}
                {...(column.wide === true ? { 'data-wide': true } : {})}
                {...(column.labelled === true ? { 'data-label': column.name } : {})}
              >
                {column.render(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

/** What a query tells of itself; an infinite one also of its further pages. */
export interface ListState {
  readonly isPending: boolean;
  readonly isSuccess: boolean;
  readonly error: Error | null;
  readonly refetch: () => unknown;
  readonly hasNextPage?: boolean;
  readonly isFetchingNextPage?: boolean;
  readonly fetchNextPage?: () => unknown;
}

export interface ListPanelProps<T> extends DataTableProps<T> {
  readonly query: ListState;
  readonly title?: ReactNode;
  readonly note?: ReactNode;
  readonly tools?: ReactNode;
  readonly empty: ReactNode;
  /** What is loaded, for the words of loading and of a failure: `builds`. */
  readonly what: string;
  readonly rows?: number;
  readonly children?: ReactNode;
}

export function ListPanel<T>(props: ListPanelProps<T>) {
  const { query, title, note, tools, empty, what, rows = 4, items, children } = props;
  return (
    <Panel {...(title === undefined ? {} : { title })} note={note} tools={tools} flush>
      {query.isPending && <LoadingRows rows={rows} label={`Loading the ${what}`} />}
      {query.error && items.length === 0 && (
        <Problem error={query.error} what={`The ${what}`} onRetry={() => void query.refetch()} />
      )}
      {query.isSuccess && items.length === 0 && empty}
      {items.length > 0 && (
        <DataTable label={props.label} columns={props.columns} items={items} rowKey={props.rowKey} />
      )}
      <LoadMore
        hasMore={query.hasNextPage === true}
        loading={query.isFetchingNextPage === true}
        onMore={() => void query.fetchNextPage?.()}
      />
      {children}
    </Panel>
  );
}
