/** One thing that should not be: where, and what. */
export interface Loss {
  readonly subject: string;
  readonly what: string;
}
