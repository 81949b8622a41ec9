/** Kubernetes `Status` answers → AppError, with the mend: pure. */
import { AppError, type FieldProblem } from '@aws-deployer/platform/errors/app-error';
import type { ClusterRefusal } from '../../ports/cluster.js';

interface StatusBody {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: number;
    readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[];
  };
}

/** Reads the body of an answer that is not a success; anything that is no Status becomes its first characters. */
export const refusalOf = (status: number, body: string): ClusterRefusal & { readonly retryAfterSeconds?: number } => {
  let parsed: StatusBody = {};
  try {
    parsed = JSON.parse(body) as StatusBody;
  } catch {
    // A proxy's HTML page, or plain text: the status code still says enough.
  }
  const causes = (parsed.details?.causes ?? []).map((cause) => ({
    reason: cause.reason ?? '',
    message: cause.message ?? '',
    field: cause.field ?? '',
  }));
  const retryAfter = parsed.details?.retryAfterSeconds;
  return {
    status,
    reason: parsed.reason ?? '',
    message: parsed.message?.trim() ?? body.slice(0, 300),
    causes,
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: retryAfter }),
  };
};

/** Whether the same request may succeed a moment later. An unknown field is a 500 too, and never will. */
export const isPassing = ({ status, message }: ClusterRefusal): boolean =>
  status === 429 || status === 503 || status === 504 || (status === 500 && !isSchemaMistake(message));

const isSchemaMistake = (message: string): boolean =>
  /not declared in schema|failed to create typed (patch|live) object|strict decoding error/.test(message);

/** The managers that own the fields of a refused server-side apply. */
export const conflictingManagers = (refusal: ClusterRefusal): readonly string[] => [
  ...new Set(
    refusal.causes
      .filter((cause) => cause.reason === 'FieldManagerConflict')
      .map((cause) => /conflict with "([^"]+)"/.exec(cause.message)?.[1] ?? 'another manager'),
  ),
];

const mendFor = (message: string): string => {
  if (/already allocated/.test(message)) return 'Choose another workload.node_port, or leave it out to get a free one.';
  if (/immutable|may not change once set/.test(message))
    return 'This cannot be changed on a living object: deploy under another application name, or delete the old object first.';
  if (/must be less than or equal to/.test(message)) return 'Raise the limit or lower the request.';
  if (/Required value/.test(message)) return 'Give this field a value.';
  return 'Correct this field.';
};

const fieldsOf = ({ causes, message }: ClusterRefusal): FieldProblem[] => {
  if (causes.length > 0)
    return causes.map((cause) => ({ field: cause.field, message: cause.message, mend: mendFor(cause.message) }));
  // Strict decoding and typed patches name the fields in their text only.
  const names = [
    ...message.matchAll(/(?:unknown|duplicate) field "([^"]+)"/g),
    ...message.matchAll(/(\.[\w.[\]=":]+): field not declared/g),
  ];
  return names.map(([, name]) => ({
    field: (name ?? '').replace(/^\./, ''),
    message: 'The cluster does not know this field.',
    mend: 'Remove it, or check its spelling and the version of the cluster.',
  }));
};

/**
 * The error of a refused request. `subject` names what was asked for (`apply Deployment dev/shop`); `hush` leaves the
 * server's words out, for a Secret's values may be quoted in them.
 */
export const errorOf = (
  answer: ClusterRefusal & { readonly retryAfterSeconds?: number },
  subject: string,
  hush = false,
): AppError => {
  const refusal: ClusterRefusal = hush
    ? { ...answer, message: 'the reason is withheld because it may quote a secret', causes: [] }
    : answer;
  const { status, reason, message } = refusal;
  const terminating = answer.causes.some((cause) => cause.reason === 'NamespaceTerminating');
  const with_ = { cause: refusal };
  const say = (text: string): string => `${subject}: ${text}`;
  const webhook = /admission webhook "([^"]+)" denied the request/.exec(message);
  const deadHook = /failed calling webhook "([^"]+)"/.exec(message);

  if (terminating || /because it is being terminated/.test(answer.message))
    return new AppError(
      'conflict',
      'namespace_terminating',
      say('the namespace is being deleted; wait until it is gone, then deploy again.'),
      with_,
    );
  if (webhook)
    return new AppError(
      'invalid',
      'admission_denied',
      say(`the admission webhook ${webhook[1] ?? ''} refused it: ${message}`),
      with_,
    );
  if (/violates PodSecurity/.test(message)) return new AppError('invalid', 'admission_denied', say(message), with_);
  if (/exceeded quota/.test(message))
    return new AppError(
      'invalid',
      'quota_exceeded',
      say(`${message}. Free some of the quota, lower the requests, or have it raised.`),
      with_,
    );
  if (/provided port is already allocated/.test(message))
    return new AppError('invalid', 'node_port_taken', say('the node port is used by another Service.'), {
      ...with_,
      fields: fieldsOf(refusal),
    });
  if (deadHook)
    return new AppError(
      'unavailable',
      'admission_webhook_unreachable',
      say(`the cluster's admission webhook ${deadHook[1] ?? ''} does not answer.`),
      with_,
    );

  switch (status) {
    case 401:
      return new AppError(
        'forbidden',
        'cluster_forbidden',
        say('the cluster does not accept the deployer’s credentials.'),
        with_,
      );
    case 403:
      return new AppError(
        'forbidden',
        'cluster_forbidden',
        say(`${message}. The deployer’s account lacks this right in the cluster.`),
        with_,
      );
    case 404:
      return /^namespaces? /.test(message)
        ? new AppError('not_found', 'namespace_missing', say(message), with_)
        : new AppError('not_found', 'object_missing', say(message), with_);
    case 409: {
      const managers = conflictingManagers(answer);
      return managers.length > 0
        ? new AppError(
            'conflict',
            'foreign_owner',
            say(
              `${managers.join(', ')} set the same fields to other values: ${answer.causes.map((cause) => cause.field).join(', ')}.`,
            ),
            {
              ...with_,
              fields: answer.causes.map((cause) => ({
                field: cause.field,
                message: cause.message,
                mend: 'Undo the change made outside of the platform, or give the field up there.',
              })),
            },
          )
        : new AppError('conflict', 'cluster_conflict', say(message), with_);
    }
    case 400:
    case 422:
      return new AppError('invalid', 'manifest_rejected', say(message), { ...with_, fields: fieldsOf(refusal) });
    default:
      if (isSchemaMistake(message))
        return new AppError('invalid', 'manifest_rejected', say(message), { ...with_, fields: fieldsOf(refusal) });
      return new AppError(
        'unavailable',
        'cluster_unreachable',
        say(`the cluster answered ${String(status)} ${reason} ${message}`.trim()),
        {
          ...with_,
          ...(answer.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: answer.retryAfterSeconds }),
        },
      );
  }
};
