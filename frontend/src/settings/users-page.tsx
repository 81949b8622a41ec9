/** Who may sign in, and as what. For administrators. */
import { Button } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import type { UserView } from '@aws-deployer/platform/contracts/auth';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { may, meQuery } from '../api/session.js';
import { rolesQuery, usersQuery } from '../api/settings.js';
import { Chip } from '../ui/chip.js';
import { Empty } from '../ui/feedback.js';
import { ListPanel } from '../ui/list-panel.js';
import { Panel } from '../ui/panel.js';
import { cell } from '../ui/table.js';
import { TimeAgo } from '../ui/time-ago.js';
import { count } from '../ui/words.js';
import { UserDialog } from './user-dialog.js';
import classes from './settings.module.css';

export function UsersPage() {
  const client = useQueryClient();
  const [editing, setEditing] = useState<UserView | 'new' | null>(null);
  const me = useQuery(meQuery);
  const query = useQuery(usersQuery);
  const roles = useQuery(rolesQuery);
  const mayWrite = may(me.data, 'user:write');
  const renew = () => void client.invalidateQueries({ queryKey: usersQuery.queryKey });
  return (
    <>
      <ListPanel<UserView>
        title="Users"
        what="users"
        label="Users"
        query={query}
        items={query.data ?? []}
        rows={3}
        rowKey={({ id }) => id}
        tools={
          mayWrite ? (
            <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setEditing('new')}>
              New user
            </Button>
          ) : undefined
        }
        columns={[
          {
            name: 'User',
            render: ({ username, display_name: name, disabled }) => (
              <>
                <b>{username}</b> <span className={cell.dim}>{name}</span>{' '}
                {disabled && <Chip tone="bad">disabled</Chip>}
              </>
            ),
          },
          {
            name: 'Roles',
            render: ({ roles: held }) => (
              <span className={classes.keys}>
                {held.map((role) => (
                  <Chip key={role} tone={role === 'admin' ? 'live' : 'mute'}>
                    {role}
                  </Chip>
                ))}
              </span>
            ),
          },
          {
            name: 'Last signed in',
            labelled: true,
            className: cell.dim,
            render: ({ last_login_at: at }) => (at === null ? 'never' : <TimeAgo at={at} />),
          },
          { name: 'Added', labelled: true, className: cell.dim, render: ({ created_at: at }) => <TimeAgo at={at} /> },
          {
            name: 'Actions',
            actions: true,
            render: (user) =>
              mayWrite && (
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={`Change ${user.username}`}
                  onClick={() => setEditing(user)}
                >
                  Change
                </Button>
              ),
          },
        ]}
        empty={<Empty icon={<IconUsers size={36} stroke={1.3} />} title="No users" />}
      />
      <Panel title="Roles" note="each holds all that the one before it does" flush>
        <ul className={classes.engines}>
          {(roles.data ?? []).map((role) => (
            <li key={role.name} className={classes.engine}>
              <span className={classes.picked}>{role.name}</span>
              <span className={cell.dim}>
                {role.permissions.includes('*') ? 'every permission' : count(role.permissions.length, 'permission')}
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
