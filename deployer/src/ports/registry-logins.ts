/** Logins for registries of clouds, where nobody entered a password: they are issued for hours and renewed by whoever issues them. */
export interface RegistryLogins {
  /** Whether the host is one of a cloud. */
  issues(host: string): boolean;
  /**
   * `pushTo`: the path in the registry that is about to be pushed to; its repository is made when it is missing.
   * Throws AppError not_found/`registry_account_unknown`, forbidden, unavailable/`codebuild_unreachable`.
   */
  login(host: string, pushTo: string | undefined): Promise<{ readonly username: string; readonly password: string }>;
}
