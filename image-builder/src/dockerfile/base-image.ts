/** What a base image is, by its name alone: which runtime it stands for, and in which version. Pure. */
export type BaseKind = 'node' | 'python' | 'go' | 'java' | 'static' | 'bare';

const OFFICIAL =
  /^(?:(?:docker\.io|index\.docker\.io)\/)?(?:library\/)?([a-z0-9-]+)$|^(?:public\.ecr\.aws\/docker|mirror\.gcr\.io)\/library\/([a-z0-9-]+)$/;
const DISTROLESS = /^gcr\.io\/distroless\/([a-z]+)(\d*)(?:-debian\d+)?$/;
const KINDS: Readonly<Record<string, BaseKind>> = {
  node: 'node',
  python: 'python',
  golang: 'go',
  'eclipse-temurin': 'java',
  openjdk: 'java',
  amazoncorretto: 'java',
  maven: 'java',
  gradle: 'java',
  nginx: 'static',
  httpd: 'static',
  caddy: 'static',
  scratch: 'bare',
  alpine: 'bare',
  debian: 'bare',
  ubuntu: 'bare',
  busybox: 'bare',
};
const PAGES: Readonly<Record<string, string>> = {
  nginx: '/usr/share/nginx/html',
  httpd: '/usr/local/apache2/htdocs',
  caddy: '/usr/share/caddy',
};

export interface AskedBase {
  readonly kind: BaseKind;
  readonly name: string;
  readonly version: string | undefined;
  readonly distroless: boolean;
  /** Where a static server looks for its pages. */
  readonly pages: string | undefined;
}

/** What kind of base an image is, by its name; pure. Undefined: none that the host can stand in for. */
export function recogniseBase(image: string): AskedBase | undefined {
  const bare = image.replace(/@sha256:[0-9a-f]+$/, '');
  const colon = bare.lastIndexOf(':');
  const [path, tag] = colon > bare.lastIndexOf('/') ? [bare.slice(0, colon), bare.slice(colon + 1)] : [bare, 'latest'];
  const distroless = DISTROLESS.exec(path);
  if (distroless?.[1] !== undefined) {
    const kind = (
      { nodejs: 'node', python: 'python', java: 'java', static: 'bare', base: 'bare', cc: 'bare' } as const
    )[distroless[1] as 'nodejs'] as BaseKind | undefined;
    return (
      kind && { kind, name: distroless[1], version: distroless[2] || undefined, distroless: true, pages: undefined }
    );
  }
  if (path === 'nginxinc/nginx-unprivileged')
    return { kind: 'static', name: 'nginx', version: undefined, distroless: false, pages: PAGES['nginx'] };
  const official = OFFICIAL.exec(path);
  const name = official?.[1] ?? official?.[2];
  const kind = name === undefined || !Object.hasOwn(KINDS, name) ? undefined : KINDS[name];
  if (name === undefined || kind === undefined) return undefined;
  const version =
    kind === 'java' && (name === 'maven' || name === 'gradle')
      ? /(?:temurin|openjdk|jdk|corretto)-?(\d+)/.exec(tag)?.[1]
      : /^v?(\d+(?:\.\d+)?)/.exec(tag)?.[1];
  return { kind, name, version, distroless: false, pages: PAGES[name] };
}
