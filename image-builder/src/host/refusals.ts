/**
 * What a RUN line must not do on the host, and what it may ask for without effect. Pure, but for the scripts' text.
 *
 * System package managers would change this machine: refused before the line runs. Users and owners do not exist in the
 * image: such commands are skipped, said in the log. Both are also programs at the front of PATH, because a script may
 * call what the line does not show.
 */
const PACKAGE_MANAGERS = [
  'apt',
  'apt-get',
  'aptitude',
  'dpkg',
  'apk',
  'yum',
  'dnf',
  'microdnf',
  'rpm',
  'zypper',
  'pacman',
  'emerge',
  'snap',
  'brew',
];
const SKIPPED = [
  'chown',
  'chgrp',
  'useradd',
  'adduser',
  'userdel',
  'usermod',
  'groupadd',
  'addgroup',
  'groupmod',
  'passwd',
];

/** The package manager that a shell line calls at the place of a command; undefined: none. */
export function calledPackageManager(line: string): string | undefined {
  const commands = line.matchAll(
    /(?:^|[;&|({\n`]|\$\(|\b(?:then|do|else|sudo|exec|env|command|time|xargs)\s)\s*(?:[A-Za-z_]\w*=\S*\s+)*(?:\S*\/)?([A-Za-z][\w.-]*)/g,
  );
  for (const [, name] of commands) if (name !== undefined && PACKAGE_MANAGERS.includes(name)) return name;
  return undefined;
}

/** Commands whose effect is left out, as the line names them. */
export const skippedCommands = (line: string): readonly string[] =>
  SKIPPED.filter((name) => new RegExp(`(?:^|[;&|({\\n\\s/])${name}(?=\\s)`).test(line));

/** Exit code of a package manager's stand-in; unusual, so that it can be told from the line's own. */
export const REFUSED_EXIT_CODE = 117;

/** Name → text of every program that stands in front of the system's. */
export function standInPrograms(): ReadonlyMap<string, string> {
  const programs = new Map<string, string>();
  for (const name of PACKAGE_MANAGERS)
    programs.set(
      name,
      `#!/bin/sh\necho "${name} would change the machine that builds; images of the host builder have no packages of their own" >&2\nexit ${String(REFUSED_EXIT_CODE)}\n`,
    );
  for (const name of SKIPPED)
    programs.set(name, `#!/bin/sh\necho "skipped: ${name} (images of the host builder have no users)" >&2\nexit 0\n`);
  programs.set('sudo', '#!/bin/sh\nexec "$@"\n');
  return programs;
}

/** Folders of the host that an image cannot have a say in. */
const HOST_FOLDERS =
  /^\/(?:usr|etc|bin|sbin|lib|lib32|lib64|libx32|boot|dev|proc|sys|run|root|home|opt|srv|var|mnt|media|tmp)(?:\/|$)/;

/** True for absolute paths that can only mean the image: it has them, or this machine's system has nothing of the kind. */
export const meansImage = (path: string, inImage: (path: string) => boolean): boolean =>
  path.startsWith('/') && (inImage(path) || !HOST_FOLDERS.test(path));

/**
 * Rewrites the absolute paths of a shell line to the image root: where there is no namespace to give the line a root of
 * its own. `inImage` tells which paths the image has. Answers the path that it would write outside, if it shows one.
 */
export function rewritePaths(
  line: string,
  root: string,
  inImage: (path: string) => boolean,
): { readonly line: string; readonly outside: string | undefined } {
  let outside: string | undefined;
  const rewritten = line.replace(
    /(^|[\s"'=:>(])(\/[A-Za-z0-9._][^\s"';|&<>()$`:]*)/g,
    (whole: string, before: string, path: string, offset: number) => {
      const own = meansImage(path, inImage) || inImage(path.replace(/\/[^/]*$/, '') || '/none');
      if (own) return `${before}${root}${path}`;
      const segment =
        line
          .slice(0, offset + before.length)
          .split(/[;&|]/)
          .at(-1) ?? '';
      const written =
        />\s*$/.test(segment) || /^\s*(?:mkdir|touch|cp|mv|ln|rm|install|tee|chmod|unlink|rmdir)\b/.test(segment);
      if (written && path !== '/dev/null') outside ??= path;
      return whole;
    },
  );
  return { line: rewritten, outside };
}
