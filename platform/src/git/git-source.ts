/**
 * Source repositories through the git binary: one shallow fetch of what is asked for, checked out without its history.
 *
 * Depth    one commit. A server that does not hand out a commit by its id, an abbreviated id, and a repository that a plain
 *          file server offers (Git's "dumb" protocol) cost a full fetch.
 * Left out `.git` (a build must not depend on it), submodules and Git LFS contents; a line in the log says so.
 * Cancel   aborting `signal` ends git at once; what was fetched stays in the caller's folder.
 * Throws   as the port says; git's own words are in the message, without the credential.
 */
import { readFile, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors/app-error.js';
import type { Checkout, CheckoutRequest, SourceRepository } from './source-repository.js';
import { gitProblem } from './git-problem.js';
import { GitFailure } from './git-command.js';
import { openGitSession, type GitSession } from './git-session.js';
import { judgeAddress, reachableAddresses, type NetworkRules } from './network-guard.js';
import { checkRef, isFullCommit, looksLikeCommit, parseRepositoryAddress, urlRefused } from './repository-address.js';

export interface GitSourceOptions extends NetworkRules {
  /** Keys of SSH hosts taken on first use are kept in it, in `keys/git_known_hosts`. */
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A checkout that takes longer is given up. */
  readonly timeoutMs?: number;
}

export class GitSource implements SourceRepository {
  constructor(private readonly options: GitSourceOptions) {}

  check(repoUrl: string, ref: string | undefined): void {
    const address = parseRepositoryAddress(repoUrl, this.options.localMode);
    checkRef(ref);
    // A name needs the network to be judged, an address does not.
    const host = address.host.toLowerCase();
    const verdict = isIP(host) !== 0 ? judgeAddress(host) : host === 'localhost' ? 'inside' : 'open';
    if (this.options.allowedHosts.some((allowed) => allowed.toLowerCase() === host)) return;
    if (verdict === 'never' || (verdict === 'inside' && !this.options.localMode))
      throw urlRefused(
        `${host} lies in a network that is not open to sources`,
        `Use a public Git host, or have an operator add ${host} to GIT_ALLOWED_HOSTS`,
      );
  }

  async checkout(request: CheckoutRequest, signal: AbortSignal): Promise<Checkout> {
    this.check(request.repoUrl, request.ref);
    const { localMode, env, dataDir, timeoutMs = 600_000 } = this.options;
    const address = parseRepositoryAddress(request.repoUrl, localMode);
    const timeout = AbortSignal.timeout(timeoutMs);
    const stop = AbortSignal.any([signal, timeout]);
    const addresses = address.kind === 'file' ? [] : await this.addressesOf(address.host);
    stop.throwIfAborted();
    const session = await openGitSession(
      {
        folder: request.into,
        credential: request.credential,
        protocols: localMode ? ['https', 'http', 'ssh', 'file'] : ['https', 'http', 'ssh'],
        settings: [
          // Elsewhere than the host that was judged, nothing is asked for.
          `http.followRedirects=${localMode ? 'initial' : 'false'}`,
          ...(address.kind === 'http' && addresses.length > 0
            ? [
                `http.curloptResolve=${address.host}:${String(httpPort(address.url))}:${addresses.map(bracketed).join(',')}`,
              ]
            : []),
        ],
        ssh:
          address.kind === 'ssh' && addresses[0] !== undefined
            ? {
                address: addresses[0],
                keyName:
                  address.port === undefined || address.port === 22
                    ? address.host
                    : `[${address.host}]:${String(address.port)}`,
              }
            : undefined,
        knownHostsFile: join(dataDir, 'keys', 'git_known_hosts'),
        env,
        onLine: request.onLine,
      },
      stop,
    );
    try {
      await session.git('init', '--quiet', '--template=', '.');
      await fetchRef(session, address.url, request.ref, request.repository?.depth ?? 1);
      await session.git('checkout', '--quiet', '--detach', 'FETCHED');
      const line = await session.git('log', '-1', '--format=%H%x00%s%x00%an', 'FETCHED');
      const [commit = '', subject = '', author = ''] = line.trimEnd().split('\0');
      await warnOfLeftOut(request);
      if (request.repository === undefined) await rm(join(request.into, '.git'), { recursive: true, force: true });
      else await session.git('remote', 'add', 'origin', address.url);
      request.onLine(`checked out ${commit} "${subject}" by ${author}`);
      return { commit, subject, author };
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted)
        throw new AppError(
          'unavailable',
          'repo_unreachable',
          `${request.repoUrl} was not fetched within ${String(timeoutMs / 1000)} s`,
        );
      // Not kept as cause: it holds git's words with what they may quote of the credential.
      if (error instanceof GitFailure) throw gitProblem(session.mask(error.words), request.repoUrl, request.ref);
      throw error;
    } finally {
      await session.close();
    }
  }

  private async addressesOf(host: string): Promise<readonly string[]> {
    // Behind a proxy, names of the outside may not resolve here; the proxy then decides what is reachable.
    const proxied = ['https_proxy', 'HTTPS_PROXY', 'http_proxy'].some((name) => this.options.env[name] !== undefined);
    try {
      return await reachableAddresses(host, this.options);
    } catch (error) {
      if (proxied && error instanceof AppError && error.code === 'repo_unreachable') return [];
      throw error;
    }
  }
}

/** Fetches the wanted commit and names it `FETCHED`; `depth` 0: with all before it. */
async function fetchRef({ git }: GitSession, url: string, ref: string | undefined, depth: number): Promise<void> {
  const fetch = (how: readonly string[], ...refspecs: string[]) =>
    git('fetch', '--progress', '--no-tags', '--no-recurse-submodules', ...how, '--', url, ...refspecs);
  const wanted = ref ?? 'HEAD';
  try {
    await fetch(depth === 0 ? [] : [`--depth=${String(depth)}`], wanted);
    await git('update-ref', 'FETCHED', 'FETCH_HEAD^{commit}');
  } catch (error) {
    const dumb = /dumb http transport/i.test(messageOf(error));
    const commit = ref !== undefined && looksLikeCommit(ref) ? ref : undefined;
    if (dumb && commit === undefined) {
      await fetch([], wanted);
      await git('update-ref', 'FETCHED', 'FETCH_HEAD^{commit}');
      return;
    }
    if (commit === undefined || (!dumb && !/remote ref|not our ref|unadvertised|allow/i.test(messageOf(error))))
      throw error;
    await fetch([], '+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*');
    await git('update-ref', 'FETCHED', (await git('rev-parse', '--verify', `${commit}^{commit}`)).trim());
  }
  if (ref !== undefined && isFullCommit(ref)) {
    const found = (await git('rev-parse', 'FETCHED')).trim();
    if (found !== ref.toLowerCase())
      throw new GitFailure(`fatal: couldn't find remote ref ${ref} (it is no commit)`, null);
  }
}

async function warnOfLeftOut(request: CheckoutRequest): Promise<void> {
  const read = (file: string): Promise<string> =>
    readFile(join(request.into, file), 'utf8').catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR')) return '';
      throw error;
    });
  if ((await read('.gitmodules')) !== '') request.onLine('warning: submodules are not fetched');
  if (/filter=lfs/.test(await read('.gitattributes')))
    request.onLine('warning: Git LFS contents are not fetched; their pointer files are used');
}

const httpPort = (url: string): number => {
  const parsed = new URL(url);
  return parsed.port !== '' ? Number(parsed.port) : parsed.protocol === 'https:' ? 443 : 80;
};
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);
