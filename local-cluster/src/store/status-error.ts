/**
 * A failure as Kubernetes words it: the `Status` object that a client gets, thrown by the store, the API and the
 * in-process client alike. `code` is the HTTP status; `reason` is what clients branch on (`NotFound`, `Conflict`, …).
 */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** The body of a `Status` answer. */
export interface StatusBody {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Record<string, never>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

export class StatusError extends Error {
  override readonly name = 'StatusError';

  constructor(
    readonly code: number,
    /** Empty where Kubernetes gives no reason (some 500s). */
    readonly reason: string,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
  }

  toStatus(): StatusBody {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason === '' ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** `apps/deployments` → the parts that messages and details name; the core group is the empty one. */
const partsOf = (resource: string): { group: string; plural: string; qualified: string } => {
  const slash = resource.indexOf('/');
  const group = resource.slice(0, slash) === 'core' ? '' : resource.slice(0, slash);
  const plural = resource.slice(slash + 1);
  return { group, plural, qualified: group === '' ? plural : `${plural}.${group}` };
};

const detailsOf = (resource: string, name: string): StatusDetails => {
  const { group, plural } = partsOf(resource);
  return { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), kind: plural };
};

export const notFound = (resource: string, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${partsOf(resource).qualified} "${name}" not found`, detailsOf(resource, name));

export const alreadyExists = (resource: string, name: string): StatusError =>
  new StatusError(
    409,
    'AlreadyExists',
    `${partsOf(resource).qualified} "${name}" already exists`,
    detailsOf(resource, name),
  );

export const conflict = (resource: string, name: string, why: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${partsOf(resource).qualified} "${name}": ${why}`,
    detailsOf(resource, name),
  );

export const modifiedMeanwhile = (resource: string, name: string): StatusError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const forbidden = (
  resource: string,
  name: string,
  why: string,
  causes?: readonly StatusCause[],
): StatusError => {
  const { qualified } = partsOf(resource);
  return new StatusError(
    403,
    'Forbidden',
    name === '' ? `${qualified} is forbidden: ${why}` : `${qualified} "${name}" is forbidden: ${why}`,
    { ...detailsOf(resource, name), ...(causes === undefined ? {} : { causes }) },
  );
};

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

/** One bad field: `reason` is Kubernetes' cause type, `message` its sentence without the path. */
export interface FieldProblem {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** 422 with one cause per field; several are listed in brackets, as the real server does. */
export const invalid = (kind: string, name: string, problems: readonly FieldProblem[], group = ''): StatusError => {
  // The same sentence about the same field is said once.
  const seen = new Set<string>();
  const sentences = problems
    .map((problem) => `${problem.field}: ${problem.message}`)
    .filter((sentence) => (seen.has(sentence) ? false : (seen.add(sentence), true)));
  const list = sentences.length === 1 ? (sentences[0] ?? '') : `[${sentences.join(', ')}]`;
  const qualified = group === '' ? kind : `${kind}.${group}`;
  return new StatusError(422, 'Invalid', `${qualified} "${name}" is invalid: ${list}`, {
    ...(name === '' ? {} : { name }),
    ...(group === '' ? {} : { group }),
    ...(kind === '' ? {} : { kind }),
    causes: problems.map(({ reason, message, field }) => ({ reason, message, field })),
  });
};

export const isStatusError = (error: unknown, reason?: string): error is StatusError =>
  error instanceof StatusError && (reason === undefined || error.reason === reason);
