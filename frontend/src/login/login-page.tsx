/** Sign-in, and back to the page that asked for it. */
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { useEffect, useState, type FormEvent } from 'react';
import { login, meQuery } from '../api/session.js';
import { useSubmit } from '../api/submission.js';
import { BrandMark } from '../app/brand.js';
import { ThemeSwitch } from '../app/theme-switch.js';
import { Notice } from '../ui/feedback.js';
import { LoginArt } from './login-art.js';
import { refusalWords } from './refusal.js';
import { safeReturn } from './safe-return.js';
import classes from './login-page.module.css';

const route = getRouteApi('/login');

export function LoginPage() {
  const { redirect } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  useEffect(() => {
    document.title = 'Sign in · AWS Deployer';
  }, []);
  const signIn = useSubmit(login, {
    onDone: () => {
      // What the last person saw is not the next one's.
      client.clear();
      void client.prefetchQuery(meQuery).then(() => router.history.push(safeReturn(redirect)));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate({ username: username.trim(), password });
  };
  return (
    <div className={classes.split}>
      <main className={classes.side}>
        <div className={classes.corner}>
          <ThemeSwitch />
        </div>
        <form className={classes.form} onSubmit={submit} aria-labelledby="sign-in">
          <BrandMark size={44} />
          <h1 id="sign-in" className={classes.title}>
            Sign in to AWS Deployer
          </h1>
          <p className={classes.lead}>From a repository to a proven release.</p>
          <Stack gap="md">
            {signIn.error && (
              <Notice tone="bad" role="alert" title={refusalWords(signIn.error).title}>
                {refusalWords(signIn.error).text}
              </Notice>
            )}
            <TextInput
              label="User name"
              name="username"
              autoComplete="username"
              size="md"
              required
              withAsterisk={false}
              autoFocus
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              size="md"
              required
              withAsterisk={false}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Button type="submit" size="md" loading={signIn.isPending} mt={4}>
              Sign in
            </Button>
          </Stack>
          <p className={classes.hint}>
            First start? The user is <code>admin</code>; its password was printed once where the platform was started.
          </p>
        </form>
      </main>
      <LoginArt />
    </div>
  );
}
