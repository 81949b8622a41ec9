/** Where the files to build come from. */
export interface GitCredential {
  readonly kind: 'git_token' | 'ssh_key';
  /** git_token: the user name to send (`x-access-token` if the secret has none). */
  readonly username?: string;
  /** The token, or the private key in PEM. Masked in every log line by the adapter. */
  readonly secret: string;
  /** ssh_key: known_hosts lines; without them the host key is taken on first use and kept under the data directory. */
  readonly knownHosts?: string;
}
export interface CheckoutRequest {
  readonly repoUrl: string;
  /** Branch, tag or full or abbreviated commit; undefined: the remote's default branch. */
  readonly ref: string | undefined;
  readonly credential: GitCredential | undefined;
  /** Leaves the repository in the checkout, with so many commits (0: all), for builds that ask git; absent: files only. */
  readonly repository?: { readonly depth: number };
  /** An empty folder of the caller's; the adapter fills it and removes nothing else. */
  readonly into: string;
  readonly onLine: (text: string) => void;
}
export interface Checkout {
  readonly commit: string; // full SHA-1/256
  readonly subject: string; // first line of the commit's message
  readonly author: string;
}
/**
 * Throws AppError: invalid/`repo_url_refused` (scheme, option injection, private network), invalid/`ref_refused`,
 * invalid/`repo_not_found`, `ref_not_found`, `repo_auth_failed`, unavailable/`repo_unreachable`. `fields` names
 * `source.repo_url`, `source.ref` or `source.credential`. Aborting `signal` kills git within a second.
 */
export interface SourceRepository {
  /** The checks that need no network; also used when a deployment is asked for. */
  check(repoUrl: string, ref: string | undefined): void;
  checkout(request: CheckoutRequest, signal: AbortSignal): Promise<Checkout>;
}
