/** Who may sign in, and as what. For administrators. */
import { Button, VisuallyHidden } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import type { UserView } from '@aws-deployer/platform/contracts/auth';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { rolesQuery, usersQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { Empty, LoadingRows, Problem } from '../ui/feedback.js';
import { Panel } from '../ui/panel.js';
import { cell, Table } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { UserDialog } from './user-dialog.js';
import classes from './settings.module.css';

export function UsersPage() {
  const client = useQueryClient();
  const [editing, setEditing] = useState<UserView | 'new' | null>(null);
  const me = useQuery(meQuery);
  const query = useQuery(usersQuery);
  const roles = useQuery(rolesQuery);
  const users = query.data ?? [];
  const mayWrite = may(me.data, 'user:write');
  const renew = () => void client.invalidateQueries({ queryKey: usersQuery.queryKey });
  return (
    <>
      <Panel
        title="Users"
        flush
        tools={
          mayWrite ? (
            <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
              New user
            </Button>
          ) : undefined
        }
      >
        {query.isPending && <LoadingRows rows={3} label="Loading the users" />}
        {query.error && <Problem error={query.error} what="The users" onRetry={() => void query.refetch()} />}
        {query.isSuccess && users.length === 0 && (
          <Empty icon={<IconUsers size={36} stroke={1.3} />} title="No users" />
        )}
        {users.length > 0 && (
          <Table label="Users">
            <thead>
              <tr>
                <th>User</th>
                <th>Roles</th>
                <th>Last signed in</th>
                <th>Added</th>
                <th>
                  <VisuallyHidden>Actions</VisuallyHidden>
                </th>
              </tr>
            </thead>
            <tbody>
              {users.map((user) => (
                <tr key={user.id}>
                  <td>
                    <b>{user.username}</b> <span className={cell.dim}>{user.display_name}</span>{' '}
                    {user.disabled && <Chip tone="bad">disabled</Chip>}
                  </td>
                  <td>
                    <span className={classes.keys}>
                      {user.roles.map((role) => (
                        <Chip key={role} tone={role === 'admin' ? 'live' : 'mute'}>
                          {role}
                        </Chip>
                      ))}
                    </span>
                  </td>
                  <td className={cell.dim} data-label="Last signed in">
                    {user.last_login_at === null ? 'never' : <TimeAgo at={user.last_login_at} />}
                  </td>
                  <td className={cell.dim} data-label="Added">
                    <TimeAgo at={user.created_at} />
                  </td>
                  <td className={cell.right}>
                    {mayWrite && (
                      <Button
                        variant="subtle"
                        size="compact-sm"
                        aria-label={`Change ${user.username}`}
                        onClick={() => setEditing(user)}
                      >
                        Change
                      </Button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Panel>
      <Panel title="Roles" note="each holds all that the one before it does" flush>
        <ul className={classes.engines}>
          {(roles.data ?? []).map((role) => (
            <li key={role.name} className={classes.engine}>
              <span className={classes.picked}>{role.name}</span>
              <span className={cell.dim}>
                {role.permissions.includes('*') ? 'every permission' : `${role.permissions.length} permissions`}
              </span>
              <span className={classes.why}>{role.description}</span>
            </li>
          ))}
        </ul>
      </Panel>
      {editing !== null && (
        <UserDialog
          user={editing === 'new' ? null : editing}
          self={editing !== 'new' && editing.id === me.data?.user.id}
          onClose={() => setEditing(null)}
          onKept={renew}
        />
      )}
    </>
  );
}
