/** A refusal in the words of the OCI distribution API: its codes are what clients look at, the status goes with them. */
export const DISTRIBUTION_STATUS = {
  BLOB_UNKNOWN: 404,
  BLOB_UPLOAD_INVALID: 400,
  BLOB_UPLOAD_UNKNOWN: 404,
  DIGEST_INVALID: 400,
  MANIFEST_BLOB_UNKNOWN: 404,
  MANIFEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  RANGE_INVALID: 416,
  SIZE_INVALID: 400,
  DENIED: 403,
  UNSUPPORTED: 405,
} as const;
export type DistributionCode = keyof typeof DISTRIBUTION_STATUS;

export class DistributionError extends Error {
  override readonly name = 'DistributionError';
  readonly status: number;
  constructor(
    readonly code: DistributionCode,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = DISTRIBUTION_STATUS[code];
  }
}
