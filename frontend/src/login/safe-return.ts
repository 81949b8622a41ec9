/** Where to go after the login: a path of this console only, never another site's address out of a crafted link. */
export function safeReturn(path: string | undefined): string {
  if (path === undefined || !path.startsWith('/') || /^\/[/\\]/.test(path) || path.startsWith('/login')) return '/';
  return path;
}
