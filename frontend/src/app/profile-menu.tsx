/** Who is signed in, with the ways to their tokens, password and out. */
import { Avatar, Menu, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconKey, IconLock, IconLogout } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { asApiError } from '../api/problem.js';
import { logout, meQuery } from '../api/session.js';
import { queryClient } from './query-client.js';

const PasswordDialog = lazy(async () => ({ default: (await import('./password-dialog.js')).PasswordDialog }));

export function ProfileMenu() {
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  const [changing, setChanging] = useState(false);
  const user = me.data?.user;
  if (!user) return null;
  const leave = async () => {
    try {
      await logout();
    } catch (error) {
      // A session that is gone already is what was asked for.
      if (asApiError(error).status !== 401) {
        notifications.show({ color: 'red', title: 'Could not sign out', message: asApiError(error).message });
        return;
      }
    }
    await navigate({ to: '/login' });
    queryClient.clear();
  };
  return (
    <>
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <UnstyledButton aria-label={`Account of ${user.username}`} style={{ borderRadius: 99 }}>
            <Avatar size={32} color="ultramarine" radius="xl" aria-hidden>
              {user.username.slice(0, 2).toUpperCase()}
            </Avatar>
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            Signed in as <b style={{ color: 'var(--ink)' }}>{user.display_name ?? user.username}</b>
            <br />
            {user.roles.join(', ')}
          </Menu.Label>
          <Menu.Divider />
          <Menu.Item
            leftSection={<IconKey size={16} />}
            renderRoot={(props) => <Link to="/settings/tokens" {...props} />}
          >
            API tokens
          </Menu.Item>
          <Menu.Item leftSection={<IconLock size={16} />} onClick={() => setChanging(true)}>
            Change password
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void leave()}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {changing && (
        <Suspense fallback={null}>
          <PasswordDialog onClose={() => setChanging(false)} />
        </Suspense>
      )}
    </>
  );
}
