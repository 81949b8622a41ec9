/** Which images the deployer's releases run, or roll out just now. */
export interface LiveImage {
  readonly digest: string;
  readonly application: string;
  readonly environment: string;
}
export interface LiveImages {
  /** Throws AppError unavailable when the deployer cannot be asked. */
  all(signal: AbortSignal): Promise<readonly LiveImage[]>;
}
