/** A command line of `docker` as one of the few things that are carried out without a Docker Engine. Pure. */

export type DockerCommand =
  | {
      readonly type: 'build';
      readonly tags: readonly string[];
      /** As given; undefined: `Dockerfile` in the context. */
      readonly file: string | undefined;
      /** null: the value is the client's variable of that name. */
      readonly buildArgs: Readonly<Record<string, string | null>>;
      readonly labels: Readonly<Record<string, string>>;
      /** Stage; undefined: the last one. */
      readonly target: string | undefined;
      readonly context: string;
      readonly quiet: boolean;
      readonly iidFile: string | undefined;
      readonly push: boolean;
    }
  | { readonly type: 'tag'; readonly from: string; readonly to: string }
  | { readonly type: 'push'; readonly image: string; readonly quiet: boolean }
  | {
      readonly type: 'login';
      readonly host: string;
      readonly username: string | undefined;
      /** undefined: on standard input. */
      readonly password: string | undefined;
    }
  | { readonly type: 'logout'; readonly host: string }
  | { readonly type: 'images'; readonly quiet: boolean }
  | { readonly type: 'inspect'; readonly images: readonly string[]; readonly format: string | undefined }
  | { readonly type: 'remove'; readonly images: readonly string[] }
  | { readonly type: 'version' }
  | { readonly type: 'refused'; readonly why: string };

const DOCKER_HUB = 'docker.io';
const refused = (why: string): DockerCommand => ({ type: 'refused', why });

/** Options with a value, those without, and those that change nothing here. */
interface Options {
  readonly valued: readonly string[];
  readonly flags: readonly string[];
  readonly ignored: readonly string[];
  readonly ignoredFlags: readonly string[];
}
interface Words {
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly flags: ReadonlySet<string>;
  readonly rest: readonly string[];
  readonly unknown: string | undefined;
}
const SHORT: Readonly<Record<string, string>> = {
  '-t': '--tag',
  '-f': '--file',
  '-q': '--quiet',
  '-u': '--username',
  '-p': '--password',
  '-a': '--all',
};

export function parseDocker(args: readonly string[]): DockerCommand {
  const [first = '', ...more] = withoutGlobal(args);
  if (['--version', '-v', 'version', 'info'].includes(first)) return { type: 'version' };
  const [second = '', ...others] = more;
  switch (first) {
    case 'build':
      return build(more);
    case 'buildx':
    case 'builder':
      return second === 'build' ? build(others) : refused(`docker ${first} ${second}`);
    case 'image':
      return imageCommand(second, others);
    default:
      return imageCommand(first, more);
  }
}

function imageCommand(name: string, args: readonly string[]): DockerCommand {
  switch (name) {
    case 'build':
      return build(args);
    case 'tag':
      return args.length === 2
        ? { type: 'tag', from: args[0] ?? '', to: args[1] ?? '' }
        : refused('docker tag takes two names');
    case 'push':
      return push(args);
    case 'login':
      return login(args);
    case 'logout':
      return { type: 'logout', host: hostOf(args[0]) };
    case 'images':
    case 'ls':
      return images(args);
    case 'inspect':
      return inspect(args);
    case 'rm':
    case 'rmi':
      return name === 'rm' && args.length === 0
        ? refused('docker rm')
        : { type: 'remove', images: args.filter((word) => !word.startsWith('-')) };
    default:
      return refused(`docker ${name}`);
  }
}

function build(args: readonly string[]): DockerCommand {
  const words = read(args, {
    valued: ['--tag', '--file', '--build-arg', '--label', '--iidfile', '--platform', '--target'],
    flags: ['--quiet', '--push'],
    ignored: [
      '--progress',
      '--cache-from',
      '--cache-to',
      '--network',
      '--memory',
      '--shm-size',
      '--provenance',
      '--sbom',
    ],
    ignoredFlags: ['--pull', '--no-cache', '--rm', '--force-rm', '--load', '--compress'],
  });
  if (words.unknown !== undefined) return refused(`docker build ${words.unknown}`);
  const [context, ...rest] = words.rest;
  if (context === undefined || rest.length > 0) return refused('docker build takes one context folder');
  if (context === '-' || /^[a-z]+:\/\//.test(context)) return refused(`docker build with the context ${context}`);
  const one = (name: string): string | undefined => words.values.get(name)?.at(-1);
  return {
    type: 'build',
    tags: words.values.get('--tag') ?? [],
    file: one('--file'),
    buildArgs: Object.fromEntries((words.values.get('--build-arg') ?? []).map(pair)),
    labels: Object.fromEntries(
      (words.values.get('--label') ?? []).map(pair).map(([name, value]) => [name, value ?? '']),
    ),
    target: one('--target'),
    context,
    quiet: words.flags.has('--quiet'),
    iidFile: one('--iidfile'),
    push: words.flags.has('--push'),
  };
}

function push(args: readonly string[]): DockerCommand {
  const words = read(args, { valued: [], flags: ['--quiet'], ignored: [], ignoredFlags: ['--disable-content-trust'] });
  const [image] = words.rest;
  if (words.unknown !== undefined) return refused(`docker push ${words.unknown}`);
  return image === undefined
    ? refused('docker push without an image')
    : { type: 'push', image, quiet: words.flags.has('--quiet') };
}

function login(args: readonly string[]): DockerCommand {
  const words = read(args, {
    valued: ['--username', '--password'],
    flags: ['--password-stdin'],
    ignored: [],
    ignoredFlags: [],
  });
  const password = words.values.get('--password')?.at(-1);
  if (words.unknown !== undefined) return refused(`docker login ${words.unknown}`);
  if (password === undefined && !words.flags.has('--password-stdin'))
    return refused('docker login without --password-stdin');
  return { type: 'login', host: hostOf(words.rest[0]), username: words.values.get('--username')?.at(-1), password };
}

function images(args: readonly string[]): DockerCommand {
  const words = read(args, { valued: [], flags: ['--quiet'], ignored: [], ignoredFlags: ['--all', '--no-trunc'] });
  return words.unknown === undefined
    ? { type: 'images', quiet: words.flags.has('--quiet') }
    : refused(`docker images ${words.unknown}`);
}

function inspect(args: readonly string[]): DockerCommand {
  // -f is --file elsewhere.
  const spelled = args.map((word) => (word === '-f' ? '--format' : word));
  const words = read(spelled, { valued: ['--format'], flags: [], ignored: ['--type'], ignoredFlags: [] });
  if (words.unknown !== undefined) return refused(`docker inspect ${words.unknown}`);
  return { type: 'inspect', images: words.rest, format: words.values.get('--format')?.at(-1) };
}

function read(args: readonly string[], options: Options): Words {
  const values = new Map<string, string[]>();
  const flags = new Set<string>();
  const rest: string[] = [];
  let unknown: string | undefined;
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? '';
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const given = equals === -1 ? word : word.slice(0, equals);
    const name = SHORT[given] ?? given;
    if (options.flags.includes(name)) {
      if (equals === -1 || word.slice(equals + 1) !== 'false') flags.add(name);
    } else if (options.ignoredFlags.includes(name)) continue;
    else if (options.valued.includes(name) || options.ignored.includes(name)) {
      if (equals === -1) i += 1;
      const value = equals === -1 ? (args[i] ?? '') : word.slice(equals + 1);
      values.set(name, [...(values.get(name) ?? []), value]);
    } else unknown ??= given;
  }
  return { values, flags, rest, unknown };
}

/** Options before the command: where an engine is, and how much is said. */
function withoutGlobal(args: readonly string[]): readonly string[] {
  const [first = ''] = args;
  if (['-D', '--debug'].includes(first) || /^--(?:config|context|host|log-level)=/.test(first))
    return withoutGlobal(args.slice(1));
  if (['--config', '--context', '-c', '-H', '--host', '-l', '--log-level'].includes(first))
    return withoutGlobal(args.slice(2));
  return args;
}

function pair(word: string): readonly [string, string | null] {
  const equals = word.indexOf('=');
  return equals === -1 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)];
}

/** `https://127.0.0.1:5001/v2/` → `127.0.0.1:5001` */
const hostOf = (address: string | undefined): string =>
  address === undefined ? DOCKER_HUB : (address.replace(/^https?:\/\//, '').split('/')[0] ?? DOCKER_HUB);
