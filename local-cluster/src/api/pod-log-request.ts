import { once } from 'node:events';
import type { Pod } from '../resources/types.js';
import { StatusError, badRequest, invalid } from '../store/status-error.js';
import type { ApiCall } from './api-call.js';
import type { PodLogs } from './hooks.js';

const wholeNumber = (call: ApiCall, name: string): number | undefined => {
  const text = call.query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d+$/.test(text))
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be a whole number`);
  const least = name === 'tailLines' ? 0 : 1;
  if (Number(text) < least)
    throw invalidOption(
      call,
      name,
      'FieldValueInvalid',
      `Invalid value: ${text}: must be greater than or equal to ${String(least)}`,
    );
  return Number(text);
};

const invalidOption = (call: ApiCall, field: string, reason: string, message: string): StatusError =>
  invalid('PodLogOptions', call.path.name ?? '', [{ field, reason, message }]);

const isTrue = (call: ApiCall, name: string): boolean => ['true', '1', ''].includes(call.query.get(name) ?? 'no');

export const containerOf = (pod: Pod, asked: string | null): string => {
  const names = (pod.spec?.containers ?? []).map(({ name }) => name);
  const inits = (pod.spec?.initContainers ?? []).map(({ name }) => name);
  if (asked !== null && asked !== '') {
    if ([...names, ...inits].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
  }
  if (names.length === 1 && names[0] !== undefined) return names[0];
  throw badRequest(
    `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]${inits.length > 0 ? ` or one of the init containers: [${inits.join(' ')}]` : ''}`,
  );
};

const LOG_REASONS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ErrImageNeverPull: 'image is not present with pull policy of Never',
  InvalidImageName: 'image name is invalid',
};

/** A container that never ran has no log; Kubernetes says what it waits for instead. */
const requireStarted = (pod: Pod, container: string, previous: boolean): void => {
  const status = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
  if (previous) {
    if (status?.lastState?.terminated === undefined)
      throw badRequest(
        `previous terminated container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)} not found`,
      );
    return;
  }
  const waits =
    status === undefined ||
    (status.state?.waiting !== undefined && status.lastState?.terminated === undefined && status.restartCount === 0);
  if (!waits) return;
  const reason = status?.state?.waiting?.reason ?? 'ContainerCreating';
  const why = /Err|BackOff|InvalidImageName/.test(reason)
    ? (LOG_REASONS[reason] ?? 'trying and failing to pull image')
    : reason;
  throw badRequest(
    `container ${JSON.stringify(container)} in pod ${JSON.stringify(pod.metadata.name)} is waiting to start: ${why}`,
  );
};

/** `kubectl logs`: plain text, streamed. */
export const handlePodLog = async (call: ApiCall, pod: Pod, logs: PodLogs | undefined): Promise<void> => {
  if (logs === undefined) throw new StatusError(503, 'ServiceUnavailable', 'no kubelet runs here');
  if (call.query.has('stream') && call.query.get('stream') !== 'All')
    throw invalidOption(call, 'stream', 'FieldValueForbidden', 'Forbidden: may not be specified');
  const container = containerOf(pod, call.query.get('container'));
  const previous = isTrue(call, 'previous');
  requireStarted(pod, container, previous);
  const [tailLines, sinceSeconds, limitBytes] = [
    wholeNumber(call, 'tailLines'),
    wholeNumber(call, 'sinceSeconds'),
    wholeNumber(call, 'limitBytes'),
  ];
  const sinceTime = call.query.get('sinceTime');
  const pieces = logs.read(pod, {
    container,
    follow: isTrue(call, 'follow'),
    previous,
    timestamps: isTrue(call, 'timestamps'),
    signal: call.signal,
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === null ? {} : { sinceTime }),
  });
  let left = limitBytes ?? Number.POSITIVE_INFINITY;
  const { response } = call;
  for await (const piece of pieces) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' });
    const bytes = Buffer.from(piece).subarray(0, left);
    left -= bytes.length;
    if (!response.write(bytes)) await once(response, 'drain', { signal: call.signal });
    if (left <= 0) break;
  }
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/plain' });
  response.end();
};
